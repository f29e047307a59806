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

    package static let usage =
        "Write `task`, `task add TEXT`, `task ID`, `task claim ID`, `task start ID`, `task done ID`, `task drop ID`, "
        + "`task reopen ID`, `task assign ID WHO`, `task note ID TEXT`, `task link ID URL`, `task me NAME` or `task ID do`."

    /// Nil for other words.
    package init?(_ text: String) {
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
        case ("assign", let id?, let who?) where !who.contains(" "): self = .assign(id, to: who)
        case ("note", let id?, let text?): self = .note(id, text)
        case ("link", let id?, let target?) where !target.contains(" "): self = .link(id, target)
        case ("me", let name?, nil): self = .me(name.hasPrefix("@") ? String(name.dropFirst()) : name)
        case (_, let word?, nil) where word.lowercased() == "do": self = .work(first)
        case ("add", _, _), ("claim", _, _), ("start", _, _), ("done", _, _), ("drop", _, _), ("reopen", _, _),
            ("assign", _, _), ("note", _, _), ("link", _, _), ("me", _, _):
            return nil
        case (_, nil, nil): self = .show(first)
        default: return nil
        }
    }
}
