internal import Chat

extension CommandSign {
    /// Puts the sign before each command in `text`.
    ///
    /// Workers and models do not know the room, so their errors and notices name commands without a sign, as code: ``
    /// `model NAME` ``. A code span counts as a command if its first word is a command that this release offers.
    package func completing(_ text: String) -> String {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false)
        // Every other part is code. A longer fence or an unclosed one makes that uncertain.
        guard parts.count.isMultiple(of: 2) == false, !text.contains("``") else { return text }
        return parts.enumerated().map { index, part in
            guard !index.isMultiple(of: 2), Self.isCommand(part) else { return String(part) }
            return self.prefix + part
        }.joined(separator: "`")
    }

    private static func isCommand(_ code: Substring) -> Bool {
        CommandName(rawValue: String(code.prefix { $0 != " " })) != nil
    }
}
