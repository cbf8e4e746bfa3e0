// How foreign code reaches the machine: words around downloads, archives and terminals.

rule says_archive_password {
    strings:
        $a = /\b(extract|unzip|unpack|decompress|archive|zip|rar|7z)\b[^\n.]{0,80}\b(pass|password|passphrase|passcode|pwd)\b\s{0,3}(is|are|:|=|with|-)?\s{0,3}[:`"'*]{1,4}/ nocase
        $b = /\b(extract|unzip|unpack|decompress)\b[^\n.]{0,60}\b(using|with)\b\s{0,2}(the )?(pass|password|passphrase|code|key)?\s{0,2}:?\s{0,2}[`"'*]{1,3}[\w.@-]{1,24}[`"'*]/ nocase
        $c = /\b(extract|unzip|unpack)\b[^\n.]{0,20}\busing:\s{0,2}[\w-]{3,24}/ nocase
        $d = /\.(zip|rar|7z|exe|msi)\)?\s{0,3}[(,;-]{0,2}\s{0,3}(the )?(pass|password|pwd)\b\s{0,2}(is|:|=)/ nocase
        $f = /\b(archive|zip|rar|unpack|extract)\b[^\n.]{0,24}\b(key|code|phrase)\b\s{0,2}(is|:|=)?\s{0,2}[`"'*]/ nocase
        $e = /\b(archive|zip|file|download)\b[^\n]{0,120}\n[^\n]{0,40}\b(password|passphrase|pass)\b\s{0,2}[:=]\s{0,2}[`*"']{0,2}[\w.@-]{3,24}/ nocase
    condition:
        any of them
}

rule says_required_first {
    strings:
        $a = /\b(must|has to|have to|needs to|need to|should) be (installed|running|active|launched|set up|executed|downloaded|configured)[^\n.]{0,30}\b(before|first|to (use|run|work|function)|prior|for)\b/ nocase
        $b = /\b(is|are) required\b[^\n.]{0,40}\b(skill|function|work|operate|feature|command)/ nocase
        $c = /\brequires?\b[^\n.]{0,60}\bto (be (installed|running|active)|function|work|operate)\b/ nocase
        $d = /\bwithout\b[^\n.]{0,60}\b(installed|running|active|setup|it)\b[^\n]{0,120}\bwill not (work|function|start|operate|be available)/ nocase
        $e = /\b(before|prior to) (using|running|proceeding|setting up|starting|continuing|you begin)\b/ nocase
        $f = /\bMUST be (installed|running)\b/
        $g = /\bbefore (first|initial|each|any) (use|run|start)\b/ nocase
        $h = /\b(first|initially),? (install|download|get|grab|set up)\b/ nocase
    condition:
        any of them
}

rule says_download_and_run {
    strings:
        $a = /\b(download|get|grab|fetch)(ing)?\b[^\n]{0,220}\b(run|execute|launch|open|double-click|start|install) (the |it|this|that|openclaw|file|installer|executable|binary|setup|[\w-]{3,24}\.(exe|msi|pkg|dmg))/ nocase
        $d = /\b(run|execute|launch|open|start|double-click)\b[^\n]{0,30}\.(exe|msi|dmg|pkg|scr|bat)\b/ nocase
        $b = /\bdownload and (install|run|execute|launch|open)\b/ nocase
        $c = /\b(quick|easy|fast|one-click|simple) (setup|install|installation)( here)?\s{0,3}(->|:|=>|→|at|here)/ nocase
    condition:
        any of them
}

rule says_paste_in_terminal {
    strings:
        $a = /\b(copy|paste|enter|type|run|execute|open)\b[^\n]{0,160}\b(in|into|to|inside|from|on|your) ?(a |an |the |your )?(macos |mac |windows |admin )?(terminal|command prompt|powershell|console|cmd|iterm|shell)\b/ nocase
        $b = /\b(copy|visit|open)\b[^\n]{0,120}\b(installation|install|setup) (script|command|code)\b/ nocase
        $c = /\bwin ?\+ ?r\b|\bwindows ?\+ ?r\b/ nocase
    condition:
        any of them
}

rule install_hook_runs_code {
    strings:
        $a = /"(pre|post)?install"\s{0,4}:\s{0,4}"[^"\n]{0,200}(curl |wget |base64|bash -c|sh -c|powershell|node -e|python3? -c|\/dev\/tcp|eval )/ nocase
        $b = /"(preinstall|postinstall|prepare|prepack)"\s{0,4}:\s{0,4}"[^"\n]{0,80}(https?:\/\/|\$\()/ nocase
    condition:
        any of them
}
