// Shapes of code that has next to no honest use in a skill.

rule reverse_shell {
    strings:
        $bash = /\b(ba|z|k|da)?sh\s{1,3}-i\s{0,3}[^\n]{0,20}[&>]{1,2}\s{0,2}\/dev\/(tcp|udp)\//
        $dev = /(exec|>&?|<)\s{0,3}\d{0,3}\s{0,2}[<>]{1,2}&?\s{0,2}\/dev\/(tcp|udp)\/[^\s]{3,80}\/\d{1,5}/
        $nc = /\b(nc|ncat|netcat)\b[^\n|;]{0,80}\s-[a-z]{0,6}[ec]\s{1,3}["']?(\/bin\/|\/usr\/bin\/)?(ba|z|da)?(sh|cmd)/
        $fifo = /mkfifo\s[^\n]{1,80}(sh|bash)\s{1,2}-i[^\n]{0,60}\b(nc|ncat|openssl|telnet)\b/
        $python = /socket\.socket\([^\n]{0,80}[\s\S]{0,600}os\.dup2\(/
        $python2 = /pty\.spawn\(["']\/bin\/(ba)?sh["']\)[\s\S]{0,200}|[\s\S]{0,10}import socket,\s{0,2}subprocess,\s{0,2}os/
        $socat = /\bsocat\b[^\n]{0,120}\bexec:["']?(\/bin\/)?(ba)?sh/ nocase
        $perl = /perl\s[^\n]{0,80}socket[^\n]{0,200}exec\s{0,2}[{("']{1,3}\/bin\/(ba)?sh/ nocase
        $power = /New-Object\s{1,3}(System\.)?Net\.Sockets\.TCPClient[\s\S]{0,800}(iex|Invoke-Expression|cmd\.exe)/ nocase
        $node = /net\.(connect|createConnection|Socket)\([\s\S]{0,400}(spawn|exec)\(["'](\/bin\/)?(ba)?(sh|cmd)[\s\S]{0,300}\.pipe\(/
        $php = /fsockopen\([^\n]{0,80}[\s\S]{0,200}(proc_open|exec|shell_exec|system)\(["']?\/bin\/(ba)?sh/ nocase
    condition:
        any of them
}

rule mines_currency {
    strings:
        $a = /stratum\+(tcp|ssl|tls):\/\// nocase
        $b = /\b(xmrig|cpuminer|minerd|ethminer|nbminer|t-rex|lolminer|phoenixminer|cgminer)\b[^\n]{0,80}\s(-o|-u|--url|--user|--pool|-P|--algo|--threads)\b/ nocase
    condition:
        any of them
}

rule destroys_data {
    strings:
        $a = /\brm\s{1,3}(-[a-zA-Z]{1,6}\s{1,3}){1,3}(--no-preserve-root\s{1,3})?["']?(\/|~|\$HOME|\$\{HOME\}|\/\*|~\/\*|\$HOME\/\*|\/(home|etc|usr|var|boot|root|Users))\/?\*?["']?(\s|$|;|&|\|)/
        $b = /\bdd\s{1,3}[^\n]{0,40}if=\/dev\/(zero|u?random)[^\n]{0,60}of=\/dev\/(sd|nvme|hd|disk|mmcblk|vd)/
        $c = /\bmkfs(\.\w{2,6})?\s{1,3}[^\n]{0,40}\/dev\/(sd|nvme|hd|vd)/
        $d = /:\(\)\s{0,2}\{\s{0,2}:\s{0,2}\|\s{0,2}:\s{0,2}&\s{0,2}\}\s{0,2};\s{0,2}:/
        $e = /shutil\.rmtree\(\s{0,3}(os\.path\.expanduser\(["']~["']\)|Path\.home\(\)|["']\/["']|["']~["'])/
        $f = /\bfind\s{1,3}(\/|~|\$HOME)\s[^\n]{0,80}-delete\b/
        $h = /\brm\s{1,3}-[a-zA-Z]{1,6}\s{1,3}[^\n]{0,40}\.\.\/\*/
        $g = /\b(vssadmin|wbadmin)\b[^\n]{0,30}\bdelete\b|\bformat\s{1,2}[a-z]:\s/ nocase
    condition:
        any of them
}

rule erases_traces {
    strings:
        $a = /\bhistory\s{1,2}-c\b|\bunset\s{1,2}HISTFILE\b|HISTFILE=\/dev\/null|HISTSIZE=0|\brm\s{1,3}(-\w{1,4}\s{1,3}){0,2}[^\n ]{0,20}\.(bash|zsh)_history|>\s{0,2}~?\/?[^\n ]{0,20}\.(bash|zsh)_history/
        $b = /\brm\s{1,3}(-\w{1,4}\s{1,3}){1,2}[^\n;|&]{0,60}\/var\/log(\/|\s|$)/
        $c = /\bwevtutil\s{1,2}cl\b|Clear-EventLog\b/ nocase
        $d = /\bshred\b[^\n]{0,60}(\/var\/log|_history|auth\.log)/
        $f = /\bmv\s{1,3}[^\n;|&]{0,160}(log|history|audit)[^\n;|&]{0,80}\s[^\n;|& ]{0,80}\/\.[a-z][\w-]{1,40}\/?/ nocase
        $e = /\b(mv|rm)\b[^\n]{0,60}\b(audit|access|sorting|session)[\w-]{0,20}\.?(log|trail|history)/ nocase
    condition:
        any of them
}

rule weakens_system {
    strings:
        $a = /\bchmod\s{1,3}(-R\s{1,3})?(0?777|a\+rwx|u\+s|[246]7[0-7]{2})\s{1,3}["']?(\/(etc|usr|var|opt|bin|sbin|lib|root|boot|home|srv|System|Library|Applications|tmp\/\.)|~|\$HOME)/
        $b = /\bNOPASSWD:\s{0,2}ALL\b/
        $c = /\bchown\s{1,3}(-R\s{1,3})?root(:\w{1,10})?\s{1,3}\/(opt|home|usr|var|srv)/
    condition:
        any of them
}

rule lowers_guard {
    strings:
        $d = /\b(setenforce\s{1,2}0|spctl\s{1,2}--(master|global)-disable|csrutil\s{1,2}disable|ufw\s{1,2}disable|iptables\s{1,2}-F)\b/
        $e = /Set-MpPreference\b[^\n]{0,60}-Disable|Add-MpPreference\b[^\n]{0,40}-Exclusion|netsh\b[^\n]{0,40}firewall[^\n]{0,40}\b(off|disable)/ nocase
        $f = /\bxattr\b[^\n]{0,30}(-c|-d\s{1,2}com\.apple\.quarantine|-[a-z]{0,3}c[a-z]{0,3}\s)/
        $g = /\bSet-ExecutionPolicy\b[^\n]{0,30}\b(Bypass|Unrestricted)\b/ nocase
    condition:
        any of them
}

rule disguised_call {
    strings:
        $a = /getattr\(\s{0,2}(__builtins__|builtins|__import__\(["']builtins["']\)|os|__import__\(["']os["']\))\s{0,2},\s{0,2}["'](exec|eval|system|popen|__import__|compile)["']/
        $b = /__import__\(\s{0,2}["'](os|subprocess|base64|socket)["']\s{0,2}\)\.(system|popen|run|call|Popen|check_output|b64decode|socket)\s{0,2}\(/
        $c = /getattr\([^\n]{1,60},\s{0,2}["'][a-z_]{1,12}["']\s{0,2}\+\s{0,2}["'][a-z_]{1,12}["']\s{0,2}\)/
        $d = /globals\(\)\[\s{0,2}["'](__builtins__|exec|eval|__import__)["']/
        $e = /\[["']constructor["']\]\(\s{0,2}["']|\bwindow\[\s{0,2}["']ev["']\s{0,2}\+|global(This)?\[\s{0,2}["'](ev|Fun|req)["']\s{0,2}\+/
        $f = /exec\(\s{0,2}(''|"")\.join\(\s{0,2}(map\(\s{0,2}chr|chr\()/
    condition:
        any of them
}

rule system_tool_fetches {
    strings:
        $a = /\bcertutil(\.exe)?\b[^\n]{0,80}-(urlcache|decode)/ nocase
        $b = /\bbitsadmin(\.exe)?\b[^\n]{0,60}\/transfer/ nocase
        $c = /\bmshta(\.exe)?\b[^\n]{0,20}(https?:|javascript:|vbscript:)/ nocase
        $d = /\bregsvr32(\.exe)?\b[^\n]{0,60}\/i:https?:/ nocase
        $e = /\brundll32(\.exe)?\b[^\n]{0,40}(javascript:|https?:)/ nocase
        $f = /\b(powershell|pwsh)(\.exe)?\b[^\n]{0,80}\s-(w|windowstyle)\s{1,2}hidden/ nocase
        $g = /\b(powershell|pwsh)(\.exe)?\b[^\n]{0,80}\s-(e|en|enc|encodedcommand)\s{1,2}[a-z0-9+\/=]{20}/ nocase
    condition:
        any of them
}

rule asks_for_password_by_dialog {
    strings:
        $a = /display dialog[^\n]{0,300}hidden answer/ nocase
        $b = /\bdscl\b[^\n]{0,30}-?authonly/
        $c = /\becho\b[^\n|]{0,60}\|\s{0,2}sudo\s{1,2}-S\b/
    condition:
        any of them
}

rule reads_keychain {
    strings:
        $a = /\bsecurity\s{1,3}(dump-keychain|find-(generic|internet)-password)\b/
        $b = /\bsecret-tool\s{1,3}(lookup|search)\b/
        $c = /\b(cmdkey(\.exe)?\s{1,2}\/list|vaultcmd(\.exe)?\s{1,2}\/list)/ nocase
    condition:
        any of them
}

rule runs_on_open {
    strings:
        $a = /"runOn"\s{0,3}:\s{0,3}"folderOpen"/
        $b = /"hooks"\s{0,3}:\s{0,3}\{[^}]{0,400}"command"\s{0,3}:\s{0,3}"[^"\n]{0,200}(curl |wget |base64|\/dev\/tcp|nc |eval )/
        $c = /class\s{1,3}\w{1,40}\((install|develop|build_py|egg_info|sdist)\)[^\n]{0,10}\n[\s\S]{0,400}(os\.system|subprocess\.|urlopen|requests\.|exec\()/
        $d = /"(onCreateCommand|postCreateCommand|initializeCommand)"\s{0,3}:\s{0,3}"[^"\n]{0,200}(curl |wget |base64)[^"\n]{0,200}\|\s?(ba)?sh/
    condition:
        any of them
}

rule plants_key {
    strings:
        $a = /(ssh-rsa|ssh-ed25519|ssh-dss|ecdsa-sha2-nistp256) {1,3}AAAA[^\n]{20,900}authorized_keys/
        $b = /authorized_keys[^\n]{0,200}(ssh-rsa|ssh-ed25519|ssh-dss|ecdsa-sha2-nistp256) {1,3}AAAA/
    condition:
        any of them
}

rule reads_many_secret_stores {
    strings:
        $ssh = /(~|\$HOME|%USERPROFILE%|home\(\)[^\n]{0,6}|expanduser\(["']~|\{HOME\}|HOME\s?\+\s?["'])[\/\\"', ]{0,6}\.ssh\b/
        $aws = /\.aws[\/\\"', ]{1,5}(credentials|config)/
        $cloud = /\.config[\/\\"', ]{1,5}gcloud|\.azure[\/\\]|application_default_credentials/
        $kube = /\.kube[\/\\"', ]{1,5}config/
        $gpg = /\.gnupg\b/
        $netrc = /\.(netrc|npmrc|pypirc|git-credentials|docker\/config\.json)\b/
        $browser = /Login Data|cookies\.sqlite|logins\.json|key4\.db|Chrome[\/\\][^\n]{0,40}Cookies|Local Extension Settings/
        $wallet = /wallet\.dat|\.electrum|Exodus|\.config\/solana|MetaMask|nkbihfbeogaeaoehlefnkodbefgpgknn|keystore\/UTC|seed\.txt|mnemonic/
        $shadow = /\/etc\/(shadow|passwd)\b/
        $agent = /\.(openclaw|clawdbot|moltbot)\/(\.env|openclaw\.json|credentials|clawdbot\.json)|\.claude\/\.credentials|\.config\/gh\/hosts/
        $hist = /\.(bash|zsh)_history\b/
    condition:
        3 of them
}
