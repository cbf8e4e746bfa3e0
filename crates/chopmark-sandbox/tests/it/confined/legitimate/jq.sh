set -eu
echo '{"a": [1, 2, {"b": "c"}], "d": null}' >data.json
jq . data.json; jq -c '.a | map(type)' data.json; jq -r '.a[2].b' data.json; jq -n '[range(5)] | add'
jq -e .d data.json || echo "status $?"; echo '{' | jq . 2>/dev/null || echo "status $?"; jq -S 'to_entries' data.json >out.json; cat out.json
