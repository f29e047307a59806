package import Chat

/// What is typed after `people`. Pure.
package enum PeopleWords: Equatable {
    case list
    case set(String, Role)
    case remove(String)
    /// Gives the second one what the first one had.
    case merge(String, String)

    /// Nil for anything else.
    package init?(_ argument: String) {
        let words = argument.split(whereSeparator: \.isWhitespace).map(String.init)
        switch words.first?.lowercased() {
        case nil: self = .list
        case "list" where words.count == 1: self = .list
        case "set" where words.count > 2:
            guard let role = words.last.flatMap({ Role(rawValue: $0.lowercased()) }) else { return nil }
            self = .set(words[1..<(words.count - 1)].joined(separator: " "), role)
        case "remove" where words.count > 1: self = .remove(words[1...].joined(separator: " "))
        case "merge" where words.count == 3: self = .merge(words[1], words[2])
        default: return nil
        }
    }
}
