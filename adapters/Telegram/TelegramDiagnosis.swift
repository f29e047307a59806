internal import Chat
internal import HTTP
internal import JSON

/// What answers of the Bot API say about a bot's set-up. Pure.
enum TelegramDiagnosis {
    private static let recent: Int64 = 3_600_000

    static func failure(_ answer: TelegramAnswer) -> AdapterFinding {
        switch answer {
        case .refused(let refusal) where refusal.isBadToken:
            AdapterFinding(
                .failed,
                "Telegram does not accept the bot's token (\(refusal.text)): it was revoked or is mistyped. Take it from "
                    + "@BotFather (/mybots, API Token) into the configuration")
        case .refused(let refusal):
            AdapterFinding(.failed, "Telegram refuses to say who the bot is: \(refusal.text). Try again later")
        case .broken(let failure):
            AdapterFinding(
                .failed,
                "Telegram cannot be reached: \(failure.text). Check the network, and api_url if a server of your own is meant"
            )
        case .result:
            AdapterFinding(.failed, "The token is not a bot's. Take one from @BotFather")
        }
    }

    static func identity(_ identity: TelegramSession.Identity) -> [AdapterFinding] {
        var findings = [AdapterFinding(.ok, "The token works: the bot is @\(identity.username)")]
        findings.append(
            identity.readsAll
                ? AdapterFinding(.ok, "Privacy mode is off: the bot reads every message in its groups")
                : AdapterFinding(
                    .warning,
                    "Privacy mode is on: in groups the bot sees only commands, mentions and replies to it. To talk without a "
                        + "mention in a topic, send /setprivacy to @BotFather, choose Disable, and add the bot to each group anew"
                ))
        if !identity.joinsGroups {
            findings.append(
                AdapterFinding(
                    .warning,
                    "The bot cannot be added to groups. Send /setjoingroups to @BotFather and choose Enable, if it should"
                ))
        }
        return findings
    }

    static func webhook(
        _ answer: TelegramAnswer, _ intake: TelegramSettings.Intake, now: Int64
    ) -> [AdapterFinding] {
        guard case .result(let json) = answer else {
            return [AdapterFinding(.warning, "Telegram did not tell whether a webhook is set")]
        }
        let url = json["url"]?.stringValue ?? ""
        switch intake {
        case .polling where url.isEmpty: return [AdapterFinding(.ok, "Updates are asked for; no webhook is in the way")]
        case .polling:
            return [
                AdapterFinding(
                    .warning,
                    "A webhook is set, so no updates can be asked for: another program uses the token, or did. `serve` takes "
                        + "it away; if it comes back, stop the other program or take a token of its own for it")
            ]
        case .webhook(let wanted, _):
            guard url == wanted.description else {
                return [
                    AdapterFinding(.warning, "The webhook is not set to \(wanted). `serve` sets it when it starts")
                ]
            }
            let failed = json["last_error_date"]?.intValue.map { Int64($0) * 1_000 } ?? 0
            guard now - failed < Self.recent else { return [AdapterFinding(.ok, "The webhook is set, and works")] }
            let why = json["last_error_message"]?.stringValue ?? "no reason told"
            return [
                AdapterFinding(
                    .failed,
                    "Telegram cannot reach the webhook \(wanted): \(why). It has to be an https address on port 443, 80, 88 or "
                        + "8443 that leads to the gateway")
            ]
        }
    }

    static func menu(_ answer: TelegramAnswer, _ commands: [ChatCommand]) -> [AdapterFinding] {
        let wanted = TelegramSession.menu(commands)
        guard case .result(let json) = answer, let wantedEntries = wanted.arrayValue, !wantedEntries.isEmpty else {
            return []
        }
        let there = json.arrayValue?.compactMap { $0["command"]?.stringValue } ?? []
        let isThere = there == wantedEntries.compactMap { $0["command"]?.stringValue }
        return [
            isThere
                ? AdapterFinding(.ok, "The command menu is registered")
                : AdapterFinding(
                    .warning, "The command menu is not registered yet. `serve` registers it when it starts")
        ]
    }
}
