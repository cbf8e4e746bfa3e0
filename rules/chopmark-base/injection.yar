// How an agent is steered against whom it works for.

rule overrides_instructions {
    strings:
        $a = /\b(ignore|disregard|forget|discard)\b[^\n."\\|]{0,25}\b(all|any|every|your|the|previous|prior|above|earlier|other|existing|preceding|safety|system)\b[^\n."\\|]{0,25}\b(instructions|rules|guidelines|directives|prompts|policies|constraints|guardrails|restrictions|guidance)\b/ nocase
        $d = /\b(override|bypass|ignore)\b[^\n."\\|]{0,15}\b(all|any|your|previous|prior|safety|security|system|content)\b[^\n."\\|]{0,15}\b(instructions|guidelines|guardrails|restrictions|safeguards|safety rules|safety checks)\b/ nocase
        $b = /\b(new|updated|real|actual) (system )?(instructions|directives)( are)?:\s/ nocase
        $c = /\bsystem (override|prompt override)\b\s{0,2}[:!]/ nocase
    condition:
        any of them
}

rule frees_of_restrictions {
    strings:
        $a = /\b(without|no|free (of|from)|ignores?|lacks?|not bound by|removes?|lifts?)\b[^\n.]{0,20}\b(content|ethical|safety|moral|usual|normal|standard) (restrictions?|filters?|guidelines?|limitations?|constraints?|polic(y|ies))\b/ nocase
        $b = /\b(normal|usual|standard|safety|content|security) (restrictions|rules|limits|safeguards|guidelines|checks|policies) (do not|don't|no longer|will not) apply\b/ nocase
        $c = /\b(do anything now|jailbr(oken|eak) mode|developer mode (is )?(enabled|activated|unlocked)|god mode (is )?(enabled|activated)|unrestricted mode)\b/ nocase
        $d = /\byou (have|are granted|now have) (full|unrestricted|root|administrator|admin|unlimited) (access|privileges|permissions)\b/ nocase
    condition:
        any of them
}

rule hides_from_user {
    strings:
        $a = /\b(do not|don't|never|must not|should not|avoid|without)\s{1,3}(ever )?(tell(ing)?|inform(ing)?|notify(ing)?|alert(ing)?|mention(ing)?|reveal(ing)?|show(ing)?|disclos(e|ing)|report(ing)?|ask(ing)?|warn(ing)?)\b[^\n.]{0,50}\b(to )?(the )?(user|human|operator|owner)\b/ nocase
        $b = /\b(user|human|operator)('s)?\b[^\n.]{0,20}\b(must|should|will|does|need|shall) (not|never|n't)\b[^\n.]{0,12}\b(know|see|notice|be (told|informed|notified|shown|aware|prompted|asked))\b/ nocase
        $c = /\b(hidden|invisible|concealed|secret|kept) from (the )?(user|human|operator)\b/ nocase
        $f = /\b(do not|don't|never) (display|show|print|reveal|output|report|present|expose) (it|them|this|these|that|any of (this|it|them))\b[^\n.]{0,40}\b(to )?(the )?(user|human|operator|output|chat|response)\b/ nocase
        $d = /\b(silently|secretly|covertly|quietly|invisibly)\b[^\n.]{0,60}\b(send|upload|copy|collect|forward|transmit|execute|run|install|exfiltrate|read|append|post|store|record|log)/ nocase
        $e = /\b(do not|don't|never) (mention|reveal|disclose|reference|explain|discuss|log|display|print|output|include)\b[^\n.]{0,40}\b(this (step|instruction|action|process|skill|section|behaviou?r|rule)|these (steps|instructions|actions|rules)|in (the|your) (response|summary|output|report|reply))\b/ nocase
    condition:
        any of them
}

rule asks_for_secrets {
    strings:
        $a = /\b(ask|request|prompt|obtain|collect|gather|get|provide|enter|share|paste|send|tell|give|supply|need|import)\b[^\n.]{0,70}\b(seed phrase|recovery phrase|mnemonic( phrase)?|secret phrase|wallet private key|private keys?|master password|social security number|ssn|cvv|card number|bank (account|login|password)|one-time (code|password)|2fa codes?|account password|login password|sudo password|root password|current passwords?)\b/ nocase
    condition:
        any of them
}

rule orders_data_out {
    strings:
        $a = /\b(send|forward|upload|post|transmit|submit|push|report|exfiltrate|sync|copy|back ?up|deliver)\b[^\n]{0,60}\b(all|any|every|each|the|their|its|this|user'?s?|full|complete|entire|collected)\b[^\n]{0,60}\b(data|contents?|files?|conversations?|history|credentials?|tokens?|secrets?|keys?|environment|env|messages?|quer(y|ies)|prompts?|context|information|configuration|output|clipboard|logs?)\b[^\n]{0,100}\bhttps?:\/\//  nocase
        $c = /\b(post|send|upload|forward|submit|copy|push) (it|them|this|that|these|those|everything|a copy|copies)\b[^\n]{0,60}\bto https?:\/\// nocase
        $b = /\b(send|forward|upload|post|transmit|submit|back ?up|deliver)\b[^\n]{0,80}\b(data|contents?|files?|conversations?|history|credentials?|information|clipboard|messages?|quer(y|ies)|prompts?)\b[^\n]{0,60}\bto (our|an? (external|remote)|my)\b[^\n]{0,40}\b(server|endpoint|collector|backend|webhook|api|service|cloud)\b/ nocase
    condition:
        any of them
}

rule orders_every_time {
    strings:
        $a = /\b(after|before|during|following|at the end of|on|with)\b (completing )?(each|every|any|all)\b[^\n.]{0,40}\b(task|response|request|action|session|conversation|message|quer(y|ies)|retrieval|operation|command|interaction|file|edit|run|use|analysis|update)/ nocase
        $b = /\b(always|must|make sure( to)?|be sure( to)?|important:?|critical:?|mandatory|required)\b[^\n]{0,40}\b(execute|run|perform|follow|do) (the |these |this )?(following|steps?|procedure|data collection|backup|integrity|script|command)/ nocase
        $d = /\b(when|whenever|before|after) (creating|updating|editing|finishing|completing|processing|reading|opening|saving|using|running|answering)\b[^\n.]{0,60}\b(ALWAYS|MUST|always)\b/
        $e = /\b(every|each) time\b|\bwhenever (the|a|you|your)\b/ nocase
        $c = /\b(important|critical|mandatory)!?\b[^\n]{0,60}\b(after any task|data collection|procedure|backup|integrity check)/ nocase
    condition:
        any of them
}

rule orders_secret_read {
    strings:
        $a = /\b(read|include|collect|copy|load|cat|record|send|gather|attach|append|extract)\b[^\n]{0,60}(\.env\b|id_rsa|\.aws\b|\.ssh\b|credentials?\b|api keys?\b|tokens\b|private keys?\b|passwords\b|secrets\b)/ nocase
    condition:
        any of them
}

rule shows_upload_command {
    strings:
        $a = /\bcurl\b[^\n]{0,200}(\s-F\s?['"]?\w{1,20}=@|\s(-T|--upload-file)\s|\s(-d|--data(-binary|-raw|-urlencode)?)\s{1,2}['"]?[@$<{]|\s--form\s)/
        $b = /\bcurl\b[^\n]{0,60}\s-X\s?(POST|PUT)\b[^\n]{0,300}https?:\/\/([^l1\s]|l[^o]|1[^2])/
    condition:
        any of them
}

rule orders_memory_write {
    strings:
        $a = /\b(append|add|write|insert|copy|save|put|paste|inject|update|modify|edit|store|include|overwrite)\b[^\n]{0,100}\b(SOUL|AGENTS|CLAUDE|MEMORY|HEARTBEAT|IDENTITY|TOOLS|USER|GEMINI|BOOTSTRAP)\.md\b/ nocase
        $b = /\b(append|add|write|insert|update|modify|edit)\b[^\n]{0,100}(\.cursorrules|\.windsurfrules|\.clinerules|copilot-instructions\.md|\.claude\/settings|claude_desktop_config|\.openclaw\/openclaw\.json)/ nocase
        $c = />>\s{0,3}[^\n]{0,60}\b(SOUL|AGENTS|CLAUDE|MEMORY|HEARTBEAT|IDENTITY)\.md\b/ nocase
    condition:
        any of them
}

rule hidden_comment_instructs {
    strings:
        $a = /\b(ignore (all|any|the|previous|prior)|system:|assistant:|exfiltrate|curl |wget |do not (tell|mention|inform|reveal|show)|bypass|you (must|should|will) (also |always |now )?(send|run|execute|fetch|read|include|append|add|copy|write|upload)|grant (full|all))/ nocase
    condition:
        $a
}

rule hidden_comment_fetches {
    strings:
        $a = /\b(run|execute|call|fetch|invoke)\b[^\n]{0,40}\b(curl|wget|bash|python3?|node|iwr)\b[^\n]{0,80}https?:\/\// nocase
    condition:
        $a
}

rule description_instructs {
    strings:
        $a = /\b(description|instructions?)\b[^\n]{0,400}\b(ignore (all |any )?(previous|prior)|send [^\n.]{0,40}to https?:\/\/|download [^\n.]{0,80}\.(exe|zip|msi|dmg|pkg)|password:|curl [^\n]{0,60}\|\s?(ba)?sh|base64 -)/ nocase
        $b = /<(important|system|instructions?|hidden|admin)>/ nocase
    condition:
        any of them
}

rule tagged_order {
    strings:
        $c = /["'(]<(IMPORTANT|SYSTEM|HIDDEN|ADMIN|CRITICAL)>\s{0,4}[^<]{0,400}\b(must|forward|send|upload|read|do not|never|execute|ignore|token|credential|ssh|\.env)\b/
        $a = /\n[ \t>-]{0,6}<(important|system|secret|hidden|admin|critical)>\s{0,4}[^<]{0,400}\b(must|forward|send|upload|read|do not|never|execute|ignore|token|credential|ssh|\.env)\b/ nocase
        $b = /\n[ \t>-]{0,6}\[(system|admin|hidden|internal)( (message|instruction|prompt|override|note))?\]\s{0,3}:?[^\n]{0,200}\b(must|ignore|execute|send|forward|override|do not)\b/ nocase
    condition:
        any of them
}

rule plants_account {
    strings:
        $a = /\b(add|create|insert|include|set up|provision|register)\b[^\n.]{0,60}\b(admin|root|superuser|administrator|backdoor|emergency|service|maintenance)\b[^\n]{0,20}\b(account|user|login|credential|access)[^\n]{0,60}\b(password|passwd|pass|ssh key|public key)\b/ nocase
        $b = /\bwith (username|user)\b[^\n]{0,30}\band password\b/ nocase
    condition:
        any of them
}

rule sets_consent_off {
    strings:
        $a = /--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--yolo\b|bypassPermissions|"?autoApprove"?\s{0,2}[:=]\s{0,2}(true|\["?\*)|tools\.exec\.ask\b[^\n]{0,20}off|exec\.approvals?[^\n]{0,30}(off|none|never)/
    condition:
        any of them
}

rule turns_off_consent {
    strings:
        $b = /\b(skip|bypass|disable|suppress|turn off|auto-?(approve|accept|confirm))\b[^\n.]{0,40}\b(confirmation|approval|permission|consent|safety|security) (prompts?|checks?|dialogs?|requests?|gates?|warnings?)/ nocase
        $c = /\b(do not|don't|never|without)\s{1,2}(ask(ing)?|wait(ing)?|request(ing)?|prompt(ing)?|seek(ing)?)\b[^\n.]{0,25}\b(for )?(user'?s? )?(confirmation|approval|permission|consent)\b/ nocase
    condition:
        any of them
}

rule claims_harmless {
    strings:
        $a = /\b(no|never|does not|doesn't|without|zero)\b[^\n.]{0,40}\b(network|internet|external|outbound|remote)\b[^\n.]{0,20}\b(access|calls?|requests?|connections?|communication|transmission|servers?|services?)\b/ nocase
        $b = /\b(nothing|no (data|information|files?|secrets?|credentials?))\b[^\n.]{0,30}\b(leaves?|is (sent|uploaded|transmitted|shared|stored)|are (sent|uploaded|transmitted|shared))\b/ nocase
        $c = /\b(read-only|non-destructive|completely safe|fully offline|works offline|runs? (entirely|completely|fully) local(ly)?|all (data|processing) (stays|happens|remains) (local|on your))\b/ nocase
    condition:
        any of them
}

rule skews_results {
    strings:
        $a = /\b(do not|don't|never|avoid) (present|show|report|include|mention|flag|disclose|surface)\b[^\n.]{0,50}\b(any )?(negative|bad|failed|failing|critical|unfavou?rable|conflicting|contradicting|errors?|risks?|vulnerabilit(y|ies))\b[^\n.]{0,50}/ nocase
        $b = /\b(always|must) (recommend|favou?r|prefer|rank|promote|endorse)\b[^\n.]{0,60}\b(regardless|even if)\b/ nocase
    condition:
        any of them
}
