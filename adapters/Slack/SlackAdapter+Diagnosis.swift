package import Chat
internal import HTTP
internal import JSON
internal import Kit
internal import Primitives
internal import WebSockets

/// Checks of the set-up, for `doctor`.
extension SlackAdapter {
    package func diagnose() async -> [AdapterFinding] {
        var findings = self.checkTokens()
        guard !findings.contains(where: { $0.severity == .failed }) else { return findings }
        do {
            let (answer, headers) = try await self.exchange(.authTest)
            guard let identity = SlackIdentity(answer), !identity.bot.isEmpty else {
                return findings + [
                    .failed("bot_token is a user token; use the Bot User OAuth Token (xoxb-) from Install App")
                ]
            }
            findings.append(
                .ok("bot_token works: \(identity.name) in the workspace \(identity.teamName) (\(identity.team))"))
            findings += Self.checkScopes(headers["x-oauth-scopes"])
        } catch {
            return findings + [Self.finding(error)]
        }
        findings += await self.checkSocket()
        findings += await self.checkChannels()
        return findings
    }

    /// Judges the tokens by their prefixes: the two kinds are easily swapped.
    private func checkTokens() -> [AdapterFinding] {
        var findings: [AdapterFinding] = []
        let bot = self.settings.botToken.reveal()
        if bot.hasPrefix("xapp-") {
            findings.append(
                .failed(
                    "bot_token is an app-level token (xapp-); use the Bot User OAuth Token (xoxb-) from Install App. Are the two tokens swapped?"
                ))
        } else if bot.hasPrefix("xoxp-") {
            findings.append(.failed("bot_token is a user token (xoxp-); use the Bot User OAuth Token (xoxb-)"))
        } else if bot.hasPrefix("xoxe") {
            findings.append(
                .warning(
                    "bot_token expires within 12 hours (token rotation); turn token_rotation_enabled off and reinstall the app"
                ))
        } else if !bot.hasPrefix("xoxb-") {
            findings.append(.warning("bot_token does not look like a bot token; it should begin with xoxb-"))
        }
        if case .socket(let secret) = self.settings.intake {
            let app = secret.reveal()
            if app.hasPrefix("xoxb-") {
                findings.append(
                    .failed(
                        "app_token is a bot token (xoxb-); use an App-Level Token (xapp-) with connections:write from Basic Information. Are the two tokens swapped?"
                    ))
            } else if !app.hasPrefix("xapp-") {
                findings.append(.warning("app_token does not look like an app-level token; it should begin with xapp-"))
            }
        }
        return findings
    }

    private static func checkScopes(_ header: String?) -> [AdapterFinding] {
        guard let header else { return [] }
        let granted = Set(header.split(separator: ",").map { $0.trimmed })
        let missing = SlackManifest.scopes.filter { !granted.contains($0.name) }
        guard !missing.isEmpty else {
            return [.ok("the app has all \(SlackManifest.scopes.count) scopes")]
        }
        return missing.map { scope in
            let text =
                "the app lacks the scope \(scope.name) (\(scope.reason)); "
                + "add it under OAuth & Permissions and reinstall the app"
            return SlackManifest.essential.contains(scope.name) ? .failed(text) : .warning(text)
        }
    }

    /// Opens a socket and reads its first frame: nothing else shows whether Socket Mode is on.
    private func checkSocket() async -> [AdapterFinding] {
        guard case .socket = self.settings.intake else { return [] }
        do {
            let socket = try await self.openSocket()
            let frame = await self.firstFrame(of: socket)
            await socket.close()
            switch frame {
            case .hello: return [.ok("app_token works and Socket Mode is on")]
            case .disconnect("too_many_websockets"):
                return [.warning("this app already has ten open connections; other hosts use it as well")]
            case .disconnect:
                return [.failed(SlackStateMachine.isOff)]
            default: return [.failed("Slack opened a socket but sent no hello within five seconds")]
            }
        } catch let failure as SlackFailure where failure.isFinal && failure.code != "socket_mode_disabled" {
            return [
                .failed(
                    "app_token does not work (\(failure.code)); create an App-Level Token with connections:write under Basic Information and turn Socket Mode on"
                )
            ]
        } catch {
            return [Self.finding(error)]
        }
    }

    private func firstFrame(of socket: WebSocket) async -> SlackFrame? {
        await withDeadline(.seconds(5)) { () -> SlackFrame? in
            guard case .text(let text)? = try? await socket.next() else { return nil }
            return SlackFrame(text)
        } ?? nil
    }

    private func checkChannels() async -> [AdapterFinding] {
        do {
            let answer = try await self.call(
                .memberships,
                ["types": "public_channel,private_channel", "exclude_archived": "true", "limit": "200"])
            let channels = (answer["channels"]?.arrayValue ?? []).filter { $0["name"]?.stringValue != nil }
            let names = channels.compactMap { $0["name"]?.stringValue }
            guard let channel = channels.first?["id"], !names.isEmpty else {
                return [
                    .warning(
                        "the bot is in no channel, so it receives only direct messages; type /invite in a channel and choose the bot"
                    )
                ]
            }
            let some = names.prefix(5).map { "#\($0)" }.joined(separator: " ")
            let finding = AdapterFinding.ok("the bot is in \(names.count) channels: \(some)")
            return [finding, await self.checkPast(of: channel, named: names[0])]
        } catch let failure as SlackFailure where failure.isMissingFeature {
            return []
        } catch {
            return [Self.finding(error)]
        }
    }

    /// Some workspaces do not let bots read channels, whatever their scopes.
    private func checkPast(of channel: JSON, named name: String) async -> AdapterFinding {
        do {
            try await self.call(.history, ["channel": channel, "limit": "1"])
            return .ok("it can read what was said in #\(name)")
        } catch {
            return .warning(
                "it cannot read what was said in #\(name), and answers without it: "
                    + ((error as? SlackFailure)?.message ?? "\(error)"))
        }
    }

    private static func finding(_ error: any Error) -> AdapterFinding {
        .failed((error as? SlackFailure)?.message ?? "the query to Slack failed: \(error)")
    }
}
