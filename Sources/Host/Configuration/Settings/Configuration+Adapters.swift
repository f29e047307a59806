package import Chat
package import IRC
package import Matrix
package import Slack
package import Telegram

extension Configuration {
    package struct Adapters: Sendable {
        package var irc: [IRCSettings]
        package var matrix: [MatrixSettings]
        package var slack: [SlackSettings]
        package var telegram: [TelegramSettings]
        /// How HTTP-based adapters reach their platform, by adapter id.
        package var transports: [String: Transport]
        /// When the bot answers, by adapter and room.
        package var answers: AnswerRules
        /// What of a room a model is given, by adapter and room.
        package var context: ContextRules
        /// The ids in the file by network, also of entries with errors, which the lists above leave out.
        let declaredIDs: [String: [String]]

        init(_ section: Section, gateway: Gateway) {
            var taken: [String: String] = [:]
            var transports: [String: Transport] = [:]
            var declared: [String: [String]] = [:]
            var (answers, context) = (AnswerRules(), ContextRules())
            func entries<T>(_ key: String, _ read: (Section, String, [T]) -> T?) -> [T] {
                var found: [T] = []
                _ = section.list(key) { value in
                    value.section { item in
                        let id = item.required("id") { Self.id($0, taken: &taken) }
                        declared[key, default: []].append(id ?? "")
                        answers.read(item, of: AdapterID("\(key):\(id ?? "")"), &context)
                        if let entry = read(item, id ?? "", found), id != nil { found.append(entry) }
                    }
                }
                return found
            }
            func transport(_ item: Section, _ id: String) -> Transport {
                let transport = Transport(item)
                transports[id] = transport
                return transport
            }
            self.irc = entries("irc") { item, id, _ in IRCSettings(item, id: id) }
            self.matrix = entries("matrix") { item, id, others in
                MatrixSettings(item, id: id, transport: transport(item, id), others: others)
            }
            self.slack = entries("slack") { item, id, others in SlackSettings(item, id: id, others: others) }
            self.telegram = entries("telegram") { item, id, others in
                TelegramSettings(item, id: id, transport: transport(item, id), gateway: gateway, others: others)
            }
            self.transports = transports
            self.answers = answers
            self.context = context
            self.declaredIDs = declared
        }

        /// Voice notes are written down, so no network declines them.
        mutating func hearVoices() {
            for index in self.telegram.indices { self.telegram[index].hearsVoices = true }
        }

        /// Ids are used in storage keys, metrics, logs and paths, so they are plain, and unique across all networks.
        private static func id(_ value: Value, taken: inout [String: String]) -> String? {
            let id = value.string(
                where: { $0.utf8.count <= 32 && $0.isPlain(with: "_-") },
                else: "an id is at most 32 letters, digits, '_' or '-'")
            guard let id else { return nil }
            if let other = taken.updateValue(value.path, forKey: id) {
                return value.error("the id '\(id)' is already used by \(other); each adapter needs its own")
            }
            return id
        }
    }
}
