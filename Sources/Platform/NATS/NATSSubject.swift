/// Checks of subjects and names, which the protocol's lines contain as they are.
enum NATSSubject {
    /// Whether it may be published to, or subscribed to with `*` and `>` as whole tokens.
    static func isValid(_ subject: String, mayHaveWildcards: Bool = false) -> Bool {
        guard subject.utf8.count <= 1_024, subject.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
        let tokens = subject.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return tokens.indices.allSatisfy { index in
            let token = tokens[index]
            if token.isEmpty { return false }
            guard token.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: ">") }) else { return true }
            return mayHaveWildcards && token.count == 1
                && (token.first == UInt8(ascii: "*") || index == tokens.indices.last)
        }
    }
}
