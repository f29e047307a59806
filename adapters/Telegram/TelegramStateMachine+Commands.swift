package import Chat
internal import Crypto
package import JSON
internal import Kit
internal import Logging

/// The command menus: strangers see how to get access, people who have it and groups see everything.
extension TelegramStateMachine {
    private static let groups = "all_group_chats"
    /// The scopes with a registered menu. Elsewhere Telegram shows the first one.
    private static let scopes = ["default", "all_private_chats", groups]
    private static let strangers: Set<String> = ["help", "pair"]
    private static let start: JSON = ["command": "start", "description": "Say hello"]

    /// The menu of somebody who has no access yet.
    package static func strangersMenu(_ commands: [MenuCommand]) -> JSON {
        .array([Self.start] + (Self.menu(commands.filter { Self.strangers.contains($0.name) }).arrayValue ?? []))
    }

    /// The menu within Telegram's limits: 100 commands, names of 32 characters from `a-z0-9_`, 256 per description.
    package static func menu(_ commands: [MenuCommand]) -> JSON {
        .array(
            commands.filter(Self.isShown).prefix(100).map { command in
                let line = command.argument.isEmpty ? command.summary : "\(command.argument) — \(command.summary)"
                return ["command": .string(command.name), "description": .string(String(line.prefix(256)))]
            })
    }

    private static func isShown(_ command: MenuCommand) -> Bool {
        (1...32).contains(command.name.utf8.count)
            && command.name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
            }
    }

    /// Registers the menus if they have changed.
    mutating func registerCommands() {
        guard self.settings.commands.contains(where: Self.isShown) else { return }
        self.menuDigest = self.newMenuDigest
        guard self.memory.commands != self.menuDigest else { return }
        let (full, brief) = (Self.menu(self.settings.commands), Self.strangersMenu(self.settings.commands))
        for scope in Self.scopes {
            let parameters: JSONObject = [
                "commands": scope == Self.groups ? full : brief, "scope": ["type": .string(scope)],
            ]
            self.act(.call(.commands(last: scope == Self.scopes.last), TelegramCall("setMyCommands", parameters)))
        }
    }

    // MARK: A person's menu

    /// Whether a private chat has another menu than it should.
    package func needsMenu(_ chat: Int64, isKnown: Bool) -> Bool {
        guard chat > 0, !self.lacksMenus, self.askedMenus[chat] != isKnown, !self.menuDigest.isEmpty else {
            return false
        }
        return isKnown ? self.memory.menus[chat] != self.menuDigest : self.memory.menus[chat] != nil
    }

    /// Registers the whole menu for a person who has access, or takes it from one who no longer has.
    mutating func registerMenu(_ chat: Int64, isKnown: Bool) {
        guard self.needsMenu(chat, isKnown: isKnown) else { return }
        // Not again in this run, whatever the answer is.
        self.askedMenus[chat] = isKnown
        var parameters: JSONObject = ["scope": ["type": "chat", "chat_id": .integer(chat)]]
        if isKnown { parameters["commands"] = Self.menu(self.settings.commands) }
        let method = isKnown ? "setMyCommands" : "deleteMyCommands"
        self.act(.call(.menu(chat: chat, isKnown: isKnown), TelegramCall(method, parameters)))
    }

    mutating func receiveMenu(_ answer: TelegramAnswer, chat: Int64, isKnown: Bool) {
        switch answer {
        case .result:
            self.memory.menus[chat] = isKnown ? self.menuDigest : nil
            while self.memory.menus.count > TelegramMemory.menuLimit, let least = self.memory.menus.keys.min() {
                self.memory.menus[least] = nil
            }
            self.act(.remember(self.memory, isVital: false))
        case .refused(let refusal):
            if refusal.isUnknownMethod { self.lacksMenus = true }
            self.log(.debug, "Telegram refused a person's command menu: \(refusal.text)")
        case .broken(let failure): self.log(.debug, "A person's menu could not be registered: \(failure.text)")
        }
    }

    mutating func receiveCommands(_ answer: TelegramAnswer, isLast: Bool) {
        switch answer {
        case .result:
            guard isLast else { return }
            self.memory.commands = self.menuDigest
            self.act(.remember(self.memory, isVital: false))
        case .refused(let refusal) where refusal.isUnknownMethod:
            if isLast { self.log(.info, "This Bot API server does not support command menus") }
        case .refused(let refusal): self.log(.warning, "Telegram refused the command menu: \(refusal.text)")
        case .broken(let failure): self.log(.debug, "The command menu could not be registered: \(failure.text)")
        }
    }

    /// Of all menus. Covers the bot's id as well: another bot needs a new registration.
    private var newMenuDigest: String {
        let menus: JSON = [Self.menu(self.settings.commands), Self.strangersMenu(self.settings.commands)]
        return hex(Array(sha256(menus.bytes + Array("\(self.identity?.id ?? 0)".utf8)).prefix(16)))
    }
}
