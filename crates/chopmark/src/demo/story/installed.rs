//! Step 3: an agent asks, a person answers, the skill is installed.

use chopmark_client::durable::{self, Access};

use super::{Cast, World};
use crate::demo::stage::{Actor, Stage};
use crate::demo::weather::TOKEN;
use crate::error::CommandError;
use crate::exit::Exit;

/// Returns the receipt of the installation.
pub(super) fn play(
    stage: &mut Stage<'_>,
    cast: &Cast,
    world: &World,
    voucher: &str,
) -> Result<String, CommandError> {
    stage.step(
        "3",
        "An agent asks for the skill, a person answers, it is installed",
    );
    let host = &cast.host;
    let ssh = host.user.join(".ssh");
    durable::private_folder(&ssh)?;
    durable::write(&ssh.join("id_ed25519"), BAIT.as_bytes(), Access::Private)?;
    let roots = [
        "--preset=demo",
        "--engine=static=chopmark-scan",
        "--depth=1",
        "--no-passphrase",
    ];
    let init = world.contact().into_iter().chain(roots.map(str::to_owned));
    stage.run(host.does(init.chain([format!("--root={voucher}")])))?;
    stage.run(
        host.does(["secret", "set", "WEATHER_TOKEN", "--no-passphrase"])
            .reading(TOKEN.as_bytes()),
    )?;
    stage.run(host.does(["search", "weather"]))?;
    stage.run(host.does(["inspect", "@sunny/weather@1.0.0"]))?;
    ask(stage, host, &["add", "@sunny/weather", "--agent", "claude"])?;
    stage.tell("the agent could not grant this to itself: a person at a terminal did");
    let list = stage.run(host.does(["--json", "list"]))?;
    let receipt = receipt_in(&list.stdout);
    stage.check(
        "it lies in .agents/skills and .claude/skills, with chopmark.lock beside",
        [
            ".agents/skills/weather/SKILL.md",
            ".claude/skills/weather/SKILL.md",
            "chopmark.lock",
        ]
        .iter()
        .all(|path| host.folder.join(path).is_file()),
    );
    stage.run(host.does(["remove", "weather", "--keep-locked"]))?;
    stage.check(
        "after remove the folders are gone",
        !host.folder.join(".agents/skills/weather").exists(),
    );
    stage.run(host.does(["--offline", "add", "--locked"]))?;
    stage.run(host.does(["--offline", "verify"]))?;
    stage.tell("the same bytes are back, from the lock file and this host's own store, without the network");
    Ok(receipt)
}

/// The agent's command ends with a request; a person approves it; the command is run again.
pub(super) fn ask(
    stage: &mut Stage<'_>,
    host: &Actor,
    command: &[&str],
) -> Result<(), CommandError> {
    let asked = stage.run(
        host.does(command.iter().copied())
            .refused(Exit::ConsentNeeded, "consent-needed"),
    )?;
    let id = asked.field("request");
    stage.run(host.does(["approve", &id]).typing(["weather"]))?;
    stage.run(host.does(command.iter().copied()))?;
    Ok(())
}

fn receipt_in(list: &str) -> String {
    let document: serde_json::Value = serde_json::from_str(list).unwrap_or_default();
    let receipt = document
        .pointer("/skills/0/receipt")
        .and_then(|value| value.as_str());
    receipt.unwrap_or_default().to_owned()
}

/// What lies in the host's `~/.ssh` for thieves to find; no key.
pub(super) const BAIT: &str = "bait-5f1c0a77d2e94b36\n";
