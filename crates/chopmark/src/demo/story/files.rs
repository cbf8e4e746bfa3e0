//! The skills of the story.

use std::path::Path;

use chopmark_client::durable::{self, Access};

use crate::error::CommandError;

/// The honest weather skill, version 1.
pub(super) fn skill(folder: &Path, port: u16) -> Result<(), CommandError> {
    durable::public_folder(&folder.join("scripts"))?;
    let text = |path: &str, text: String, access| {
        durable::write(&folder.join(path), text.as_bytes(), access)
    };
    text("SKILL.md", SKILL.to_owned(), Access::Public)?;
    text(
        "permissions.yaml",
        PERMISSIONS.replace("PORT", &port.to_string()),
        Access::Public,
    )?;
    text(
        "scripts/report.sh",
        SHELL.replace("PORT", &port.to_string()),
        Access::Executable,
    )?;
    text(
        "scripts/report.py",
        PYTHON.replace("PORT", &port.to_string()),
        Access::Executable,
    )?;
    Ok(())
}

const SKILL: &str = "\
---
name: weather
description: Fetches today's weather for a city and writes a short report into the workspace.
license: Apache-2.0
---

# Weather

Run `scripts/report.sh` (curl) or `scripts/report.py` (Python). Both read `city.txt` in the
workspace and write `out/report.json`.
";

const PERMISSIONS: &str = "\
schema: https://chopmark.dev/schema/permissions/v1
files:
  read: [\"workspace:.\", \"skill:.\"]
  write: [\"workspace:out\", \"temp:.\"]
network:
  - host: localhost
    port: PORT
    methods: [GET]
    path: /v1/
    private: true
secrets:
  - name: WEATHER_TOKEN
    host: localhost
    port: PORT
    header: Authorization
    format: \"Bearer {secret}\"
    methods: [GET]
    path: /v1/
exec: [sh, curl, cat, python3]
resources: {memoryMiB: 512, cpuSeconds: 30, processes: 64, wallSeconds: 60}
entrypoints:
  - path: scripts/report.sh
    interpreter: sh
  - path: scripts/report.py
    interpreter: python3
";

const SHELL: &str = "\
#!/bin/sh
set -e
city=$(cat city.txt)
curl --silent --show-error --fail \\
  --header \"Authorization: Bearer $WEATHER_TOKEN\" \\
  --output out/report.json \"https://localhost:PORT/v1/today?city=$city\"
cat out/report.json
";

const PYTHON: &str = "\
import json, os, urllib.request

city = open('city.txt').read().strip()
request = urllib.request.Request(f'https://localhost:PORT/v1/today?city={city}')
request.add_header('Authorization', 'Bearer ' + os.environ['WEATHER_TOKEN'])
with urllib.request.urlopen(request) as answer:
    report = json.load(answer)
with open('out/report-python.json', 'w') as out:
    json.dump(report, out)
print(report)
";
