package import Chat
internal import Crypto
package import JSON

/// The menu of commands.
extension TelegramSession {
    /// The scopes that the menu is registered for; elsewhere Telegram shows the default one.
    private static let scopes = ["default", "all_private_chats", "all_group_chats"]

    /// The menu as Telegram takes it: at most 100, names of `a-z0-9_`, a line for each.
    package static func menu(_ commands: [ChatCommand]) -> JSON {
        let entries = commands.filter { command in
            (1...32).contains(command.name.utf8.count)
                && command.name.utf8.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
                }
        }
        return .array(
            entries.prefix(100).map { command in
                let line = command.argument.isEmpty ? command.summary : "\(command.argument) — \(command.summary)"
                return ["command": .string(command.name), "description": .string(String(line.prefix(256)))]
            })
    }

    /// Registers the menu where it differs from what was registered last.
    mutating func registerCommands() {
        let menu = Self.menu(self.settings.commands)
        guard menu.arrayValue?.isEmpty == false, self.memory.commands != self.digest(of: menu) else { return }
        for scope in Self.scopes {
            self.act(
                .call(
                    .commands(last: scope == Self.scopes.last),
                    TelegramCall("setMyCommands", ["commands": menu, "scope": ["type": .string(scope)]])))
        }
    }

    mutating func receiveCommands(_ answer: TelegramAnswer, isLast: Bool) {
        switch answer {
        case .result:
            guard isLast else { return }
            self.memory.commands = self.digest(of: Self.menu(self.settings.commands))
            self.act(.remember(self.memory, isVital: false))
        case .refused(let refusal) where refusal.isUnknownMethod:
            if isLast { self.log(.info, "This Bot API server keeps no command menu") }
        case .refused(let refusal): self.log(.warning, "The command menu was not registered: \(refusal.text)")
        case .broken(let failure): self.log(.debug, "The command menu was not registered: \(failure.text)")
        }
    }

    /// Of the menu and the bot that it belongs to: another bot needs it anew.
    private func digest(of menu: JSON) -> String {
        hex(Array(sha256(menu.bytes + Array("\(self.identity?.id ?? 0)".utf8)).prefix(16)))
    }
}
