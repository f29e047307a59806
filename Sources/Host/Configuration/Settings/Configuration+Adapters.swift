package import IRC

extension Configuration {
    /// The networks to connect to.
    package struct Adapters: Sendable {
        package var irc: [IRCSettings]
        package var matrix: [Matrix]
        package var slack: [Slack]
        package var telegram: [Telegram]

        init(_ section: Section) {
            var taken: [String: String] = [:]
            func entries<T>(_ key: String, _ read: (Section, String) -> T?) -> [T] {
                section.list(key) { value in
                    value.section { item -> T? in
                        let id = item.required("id") { Self.id($0, taken: &taken) }
                        let entry = read(item, id ?? "")
                        return id == nil ? nil : entry
                    }.flatMap { $0 }
                } ?? []
            }
            self.irc = entries("irc") { IRCSettings($0, id: $1) }
            self.matrix = entries("matrix") { Matrix($0, id: $1) }
            self.slack = entries("slack") { Slack($0, id: $1) }
            self.telegram = entries("telegram") { Telegram($0, id: $1) }
        }

        /// Ids stand in storage keys, metrics and logs, so they are plain and unique over all networks.
        private static func id(_ value: Value, taken: inout [String: String]) -> String? {
            guard let id = value.string() else { return nil }
            guard id.utf8.count <= 32,
                id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) })
            else {
                return value.error("an id has letters, digits, '_' and '-' only, at most 32")
            }
            if let other = taken.updateValue(value.path, forKey: id) {
                return value.error("the id '\(id)' is taken by \(other); each adapter has its own")
            }
            return id
        }
    }
}
