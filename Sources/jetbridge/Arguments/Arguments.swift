/// A command's parsed arguments, checked against its syntax.
struct Arguments: Sendable, Equatable {
    /// The options with values, by name.
    var values: [String: String] = [:]
    var switches: Set<String> = []
    /// By the positional's name; an omitted optional one is missing.
    var positionals: [String: [String]] = [:]

    var isJSON: Bool { self.switches.contains("json") }

    func value(_ option: String) -> String? { self.values[option] }

    func has(_ option: String) -> Bool { self.switches.contains(option) }

    /// A positional's first word.
    func word(_ positional: String) -> String? { self.positionals[positional]?.first }

    func words(_ positional: String) -> [String] { self.positionals[positional] ?? [] }
}
