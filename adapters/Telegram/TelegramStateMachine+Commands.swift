package import Chat
internal import Crypto
package import JSON
internal import Logging

/// The command menu.
extension TelegramStateMachine {
    /// The scopes with a registered menu; elsewhere Telegram shows the default one.
    private static let scopes = ["default", "all_private_chats", "all_group_chats"]

    /// The menu within Telegram's limits: 100 commands, names of 32 characters from `a-z0-9_`, 256 per description.
    package static func menu(_ commands: [MenuCommand]) -> JSON {
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

    /// Registers the menu if it has changed.
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
            if isLast { self.log(.info, "This Bot API server does not support command menus") }
        case .refused(let refusal): self.log(.warning, "Telegram refused the command menu: \(refusal.text)")
        case .broken(let failure): self.log(.debug, "The command menu could not be registered: \(failure.text)")
        }
    }

    /// Covers the bot's id as well: another bot needs a new registration.
    private func digest(of menu: JSON) -> String {
        hex(Array(sha256(menu.bytes + Array("\(self.identity?.id ?? 0)".utf8)).prefix(16)))
    }
}
