internal import Primitives

/// The words after `task`.
package enum TaskCommand: Sendable, Hashable {
    /// The person's own tasks and the open ones.
    case list
    case show(String)
    case add(String)
    case claim(String)
    case move(String, TaskState)
    case assign(String, to: String)
    case note(String, String)
    /// An address or a commit.
    case link(String, String)
    /// What the person is called in lists.
    case me(String)
    /// The agent works on it.
    case work(String)

    /// Each first word and what follows it.
    private static let forms = [
        ("add", "TEXT"), ("claim", "ID"), ("start", "ID"), ("done", "ID"), ("drop", "ID"), ("reopen", "ID"),
        ("assign", "ID WHO"), ("note", "ID TEXT"), ("link", "ID URL"), ("me", "NAME"),
    ]

    /// Throws ``TaskError/invalid(_:)``, with how it is written, for other words.
    package init(_ text: String) throws(TaskError) {
        let words = text.split(maxSplits: 2, whereSeparator: \.isWhitespace).map(String.init)
        guard let first = words.first else {
            self = .list
            return
        }
        let rest = words.count > 2 ? words[2] : nil
        switch (first.lowercased(), words.dropFirst().first, rest) {
        case ("list", nil, nil): self = .list
        case ("add", _?, _):
            self = .add(String(text.drop(while: \.isWhitespace).dropFirst(3).drop(while: \.isWhitespace)))
        case ("claim", let id?, nil): self = .claim(id)
        case ("start", let id?, nil): self = .move(id, .started)
        case ("done", let id?, nil): self = .move(id, .done)
        case ("drop", let id?, nil): self = .move(id, .dropped)
        case ("reopen", let id?, nil): self = .move(id, .open)
        case ("assign", let id?, let who?) where !who.contains(where: \.isWhitespace): self = .assign(id, to: who)
        case ("note", let id?, let text?): self = .note(id, text)
        case ("link", let id?, let target?) where !target.contains(where: \.isWhitespace): self = .link(id, target)
        case ("me", let name?, nil): self = .me(name.hasPrefix("@") ? String(name.dropFirst()) : name)
        case (_, let word?, nil) where word.lowercased() == "do": self = .work(first)
        case (let name, let word, _):
            guard let form = Self.forms.first(where: { $0.0 == name }) else {
                guard word == nil else { throw .invalid(Self.unknown(text)) }
                self = .show(first)
                return
            }
            let missing = form.1.split(separator: " ").dropFirst(words.count - 1).joined(separator: " and ")
            let wrong = missing.isEmpty ? "takes only \(form.1)" : "needs \(missing)"
            throw .invalid("`task \(form.0)` \(wrong): write `task \(form.0) \(form.1)`")
        }
    }

    private static func unknown(_ text: String) -> String {
        let words = TaskText.plain(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let forms = self.forms.map { "`task \($0.0) \($0.1)`" }.joined(separator: ", ")
        let shown = words.beginning(bytes: 160).prefix(40)
        return "`task \(shown)` is unknown. Write `task`, `task ID`, \(forms) or `task ID do`"
    }
}
