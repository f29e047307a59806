package import Chat
internal import HTTP
internal import JSON
internal import Kit

/// Turns Bot API answers into findings about a bot's set-up. Pure.
enum TelegramDiagnosis {
    private static let recent: Int64 = 3_600_000

    static func failure(_ answer: TelegramAnswer) -> AdapterFinding {
        switch answer {
        case .refused(let refusal) where refusal.isBadToken:
            .failed(
                "Telegram does not accept the bot's token (\(refusal.text)): it was revoked or is mistyped. Copy "
                    + "it from @BotFather (/mybots, API Token) into the configuration")
        case .refused(let refusal):
            .failed("Telegram refused to identify the bot: \(refusal.text). Try again later")
        case .broken(let failure):
            .failed(
                "Telegram cannot be reached: \(failure.text). Check the network, and api_url if you run your own server"
            )
        case .result:
            .failed("The token does not belong to a bot. Get a bot token from @BotFather")
        }
    }

    static func identity(_ identity: TelegramStateMachine.Identity) -> [AdapterFinding] {
        var findings: [AdapterFinding] = [.ok("The token works: the bot is @\(identity.username)")]
        findings.append(
            identity.readsAll
                ? .ok("Privacy mode is off: the bot reads every message in its groups")
                : .warning(
                    "Privacy mode is on: in groups the bot sees only commands, mentions and replies to it. To use "
                        + "topics without mentions, send /setprivacy to @BotFather, choose Disable, and add the bot to "
                        + "each group again"
                ))
        if !identity.joinsGroups {
            findings.append(
                .warning(
                    "The bot cannot be added to groups. To allow it, send /setjoingroups to @BotFather and choose "
                        + "Enable"
                ))
        }
        return findings
    }

    static func webhook(
        _ answer: TelegramAnswer, _ intake: TelegramSettings.Intake, now: Int64
    ) -> [AdapterFinding] {
        guard case .result(let json) = answer else {
            return [.warning("Telegram did not report whether a webhook is set. Try again later")]
        }
        let url = json["url"]?.stringValue ?? ""
        switch intake {
        case .polling where url.isEmpty: return [.ok("Updates are polled; no webhook is set")]
        case .polling:
            return [
                .warning(
                    "A webhook is set, so updates cannot be polled: another program uses the token, or did. `serve` "
                        + "deletes the webhook. If it comes back, stop the other program or give it its own token")
            ]
        case .webhook(let wanted, _):
            guard url == wanted.description else {
                return [.warning("The webhook is not set to \(wanted). `serve` sets it when it starts")]
            }
            let failed = TelegramMessage.milliseconds(json["last_error_date"]) ?? 0
            guard now - failed < Self.recent else { return [.ok("The webhook is set and works")] }
            let why = json["last_error_message"]?.stringValue ?? "no reason given"
            return [
                .failed(
                    "Telegram cannot reach the webhook \(wanted): \(why). It must be an https address on port 443, "
                        + "80, 88 or 8443 that leads to the gateway")
            ]
        }
    }

    static func menu(_ answer: TelegramAnswer, _ commands: [MenuCommand]) -> [AdapterFinding] {
        let wanted = TelegramStateMachine.menu(commands)
        guard case .result(let json) = answer, let wantedEntries = wanted.arrayValue, !wantedEntries.isEmpty else {
            return []
        }
        let there = json.arrayValue?.compactMap { $0["command"]?.stringValue } ?? []
        let isThere = there == wantedEntries.compactMap { $0["command"]?.stringValue }
        return [
            isThere
                ? .ok("The command menu is registered")
                : .warning("The command menu is not registered yet. `serve` registers it when it starts")
        ]
    }
}

extension TelegramAdapter: DiagnosingAdapter {
    /// Queries the token, the bot's settings and the webhook. Never fetches updates: that would take them from a
    /// running host.
    package func diagnose() async -> [AdapterFinding] {
        do {
            let me = try await self.transport.send(TelegramCall("getMe", timeout: 15_000))
            guard case .result(let json) = me, let identity = TelegramStateMachine.Identity(json) else {
                return [TelegramDiagnosis.failure(me)]
            }
            var findings = TelegramDiagnosis.identity(identity)
            let webhook = try await self.transport.send(TelegramCall("getWebhookInfo", timeout: 15_000))
            findings += TelegramDiagnosis.webhook(webhook, self.settings.intake, now: AdapterTime.now.wall)
            let menu = try await self.transport.send(
                TelegramCall("getMyCommands", ["scope": ["type": "all_group_chats"]], timeout: 15_000))
            findings += TelegramDiagnosis.menu(menu, self.settings.commands)
            let status = self.status
            if status.state != .up, let detail = status.detail { findings.append(.failed(detail)) }
            return findings
        } catch {
            return [.failed("The check of Telegram was interrupted (\(error)). Run it again")]
        }
    }
}
