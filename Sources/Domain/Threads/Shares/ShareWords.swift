package import Chat
internal import People
internal import Primitives

/// What is typed after `share`: with whom, then `read` or `join`, then a time. Pure.
extension ShareWish {
    package init?(words argument: String) {
        var words = argument.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let first = words.first else {
            self.init(.host)
            return
        }
        var term: String?
        if words.count > 1, let last = words.last, last.first?.isASCII == true, last.first?.isNumber == true {
            term = last
            words.removeLast()
        }
        var right = ThreadRight.read
        if words.count > 1, let named = words.last.flatMap({ ThreadRight(rawValue: $0.lowercased()) }), named != .own {
            right = named
            words.removeLast()
        }
        switch first.lowercased() {
        case "public" where words.count == 1: self.init(.everybody, right: right, term: term)
        case "host" where words.count == 1: self.init(.host, right: right, term: term)
        case "public", "host": return nil
        default: self.init(.person(words.joined(separator: " ")), right: right, term: term)
        }
    }
}

/// The replies to `share` and `unshare`.
extension ShareDesk {
    /// Markdown that names commands without a sign.
    package func reply(
        toShare argument: String, in session: SessionRecord?, by sender: Sender, as role: Role
    ) async throws -> String {
        do {
            guard let session else { throw ShareProblem.nothing }
            guard let wish = ShareWish(words: argument) else { return Self.usage }
            let made = try await self.share(wish, of: session, by: sender, as: role)
            return Self.shared(made)
        } catch let problem as ShareProblem {
            return problem.message
        }
    }

    /// Markdown that names commands without a sign.
    package func reply(
        toUnshare argument: String, in session: SessionRecord?, by sender: Sender, as role: Role
    ) async throws -> String {
        do {
            guard let session else { throw ShareProblem.nothing }
            let who = argument.trimmed
            let ended = try await self.end(of: session, by: sender, as: role) { who.isEmpty || $0.isCalled(who) }
            guard !ended.isEmpty else {
                return who.isEmpty
                    ? "This conversation is not shared."
                    : "This conversation is not shared with \(EscapedText.code(VisibleText.line(who)))."
            }
            let names = ended.map(\.shownAudience).joined(separator: ", ")
            return "This conversation is no longer shared with \(names)."
        } catch let problem as ShareProblem {
            return problem.message
        }
    }

    private static let usage =
        "Type `share`, `share WHO`, `share WHO join` or `share public 7d`. `unshare WHO` and `unshare` end it."

    private static func shared(_ made: MadeShare) -> String {
        let until = made.share.expiresAt.map { " until \(CivilTime(milliseconds: $0).rfc3339Seconds)" } ?? ""
        switch made.share.audience {
        case .everybody:
            return
                "Anybody with this link can read the questions and answers of this conversation\(until): \(made.url)\n\n"
                + "It shows no files, commands or steps. An earlier public link no longer works. "
                + "`unshare public` ends this one."
        case .host, .person:
            let may = made.share.right == .join ? "read this conversation and write in it" : "read this conversation"
            let who = made.share.audience == .host ? "Members and owners" : made.share.identifiedAudience
            return "\(who) can now \(may)\(until): \(made.url)\n\n`unshare` ends that."
        }
    }
}

extension Share {
    /// Whom it is for, so that nobody takes one person for another: in a browser people choose their names themselves.
    fileprivate var identifiedAudience: String {
        guard case .person(let identity) = self.audience, self.name != nil, identity.hasPrefix("web:") else {
            return self.shownAudience
        }
        return "\(self.shownAudience) (\(EscapedText.code(VisibleText.line(identity))))"
    }

    fileprivate func isCalled(_ who: String) -> Bool {
        switch self.audience {
        case .host, .everybody: who.lowercased() == self.audience.word
        case .person(let identity):
            [identity, self.name, self.id, Person.id(ofName: identity), Person.account(of: identity)].contains(who)
                || identity == AccessPolicy.folded(who)
        }
    }
}
