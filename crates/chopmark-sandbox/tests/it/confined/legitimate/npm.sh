set -eu
mkdir -p neat/lib app
echo '{"name": "neat", "version": "1.0.0", "main": "lib/neat.js"}' >neat/package.json
echo 'exports.neat = (text) => text.trim();' >neat/lib/neat.js
cd neat; npm pack --silent --offline; cd ../app
echo '{"name": "app", "version": "1.0.0", "private": true, "scripts": {"start": "node main.js"}}' >package.json
echo 'console.log(JSON.stringify(require("neat").neat("  x  ")));' >main.js
npm install --offline --no-audit --no-fund --silent ../neat/neat-1.0.0.tgz
npm start --silent
npm ls --offline
cat node_modules/neat/package.json
# Logs and caches have times in their names.
rm -rf "$HOME"
