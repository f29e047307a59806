internal import JSON

extension TelegramState {
    private static let scopes: Set<String> = [
        "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat", "chat_administrators",
        "chat_member",
    ]

    private func scope(_ call: TelegramParameters) throws(TelegramRefusal) -> TelegramCommandScope {
        var scope = TelegramCommandScope()
        scope.language = call.text("language_code") ?? ""
        guard scope.language.isEmpty || scope.language.count == 2 else { throw .bad("invalid language code specified") }
        guard let value = try call.structure("scope", as: "BotCommandScope") else { return scope }
        guard let type = value["type"]?.stringValue, Self.scopes.contains(type) else {
            throw .bad("can't parse BotCommandScope: Unsupported type specified")
        }
        scope.type = type
        guard type.hasPrefix("chat") else { return scope }
        var place = TelegramParameters(["chat_id": value["chat_id"] ?? .null])
        if value["chat_id"] == nil { place = TelegramParameters() }
        scope.chat = try self.place(place)
        if type == "chat_member" {
            guard let user = value["user_id"]?.intValue, user > 0 else { throw .bad("invalid user_id specified") }
            scope.user = Int64(user)
        }
        return scope
    }

    mutating func setMyCommands(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        guard let list = try call.structure("commands", as: "commands")?.arrayValue else {
            throw .bad("expected an Array of BotCommand")
        }
        guard list.count <= 100 else { throw .bad("BOT_COMMANDS_TOO_MUCH") }
        var result: [JSON] = []
        for item in list {
            guard var name = item["command"]?.stringValue, let description = item["description"]?.stringValue else {
                throw .bad("can't parse BotCommand: Object expected as BotCommand")
            }
            if name.hasPrefix("/") { name.removeFirst() }
            let isName = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
            guard isName, (1...32).contains(name.utf8.count) else { throw .bad("BOT_COMMAND_INVALID") }
            guard (1...256).contains(description.unicodeScalars.count) else {
                throw .bad("BOT_COMMAND_DESCRIPTION_INVALID")
            }
            result.append(["command": .string(name), "description": .string(description)])
        }
        self.commands[try self.scope(call)] = result
        return true
    }

    mutating func deleteMyCommands(_ call: TelegramParameters) throws(TelegramRefusal) -> JSON {
        self.commands[try self.scope(call)] = nil
        return true
    }

    func getMyCommands(_ call: TelegramParameters) throws(TelegramRefusal) -> JSON {
        .array(self.commands[try self.scope(call)] ?? [])
    }
}
