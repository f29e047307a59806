package import Chat
internal import HTTP
internal import JSON
internal import Kit
internal import Primitives

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
                TelegramCall("getMyCommands", ["scope": ["type": "all_private_chats"]], timeout: 15_000))
            findings += TelegramDiagnosis.menu(menu, self.settings.commands)
            let status = self.status
            if status.state != .up, let detail = status.detail { findings.append(AdapterFinding(.failed, detail)) }
            return findings
        } catch {
            return [AdapterFinding(.failed, "The check of Telegram was interrupted (\(error)). Run it again")]
        }
    }
}
