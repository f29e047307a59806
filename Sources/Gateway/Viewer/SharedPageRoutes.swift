internal import Chat
internal import Files
internal import HTTP
internal import HTTPServer
internal import Logging
internal import Markdown
internal import People
internal import Primitives
internal import Store
internal import Threads

/// The page of a conversation that is shared with everybody who has its link.
struct SharedPageRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            method: .get, pattern: "/s/{token}", operation: "sharedPage", summary: "", access: .open, answers: [],
            isPage: true, isHidden: true
        ) { try await Self(context: $0).show($1) }
    ]

    /// Messages of a page, before those are left out that it does not show.
    private static let pageSize = 200
    /// Long Markdown takes a hundred times its memory, and anybody may ask.
    private static let renderings = RequestBudget(limit: 1, waiting: 100, patience: .seconds(20))
    /// For the pages that are made or being read, whoever asked: while others wait, slow readers are closed.
    private static let answers = RequestBudget(limit: 16 << 20, waiting: 100, patience: .seconds(20))

    private func show(_ request: APIRequest) async throws -> HTTPServerResponse {
        let (peer, now) = (SignInRoutes.peer(of: request.http), self.context.now())
        let (token, store) = (request.parameter("token"), self.context.store)
        // Nobody guesses 128 bits, so a wrong token costs a look and is not counted against others. A page that many read
        // is limited by itself.
        guard token.utf8.count == 32 else { throw Problems.missing("page") }
        let hash = ShareDesk.hash(token)
        guard try await store.read({ try $0.session(ofPublicPage: hash, at: now) }) != nil else {
            throw Problems.missing("page")
        }
        guard self.context.pageAttempts.withLock({ $0.reserve("\(peer.name) \(hash)", in: hash, at: now) }) != nil
        else {
            throw Problems.tooManyRequests(60)
        }
        let share = try await Self.answers.reserve(2 * SharedPage.limit, for: "")
        let turn = try await Self.renderings.reserve(1, for: "")
        defer { withExtendedLifetime(turn) {} }
        let before = request.http.query["before"].flatMap { Int64(untrusted: $0) } ?? .max
        // Whether it was ended, has expired or never was is nobody's business.
        guard let page = try await self.page(of: token, hash, before: before, at: now) else {
            throw Problems.missing("page")
        }
        let html = ViewerPages(theme: Front.theme(of: request.http)).shared(page)
        var response = HTTPServerResponse(.ok, .html, bytes: html.utf8)
        response.share = share
        response.headers["Content-Security-Policy"] = SecurityHeaders.viewerPolicy
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        // The address is the secret.
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
    }

    private func page(of token: String, _ hash: String, before: Int64, at now: Int64) async throws -> SharedPage? {
        try await self.context.store.read { ledger in
            guard let session = try ledger.session(ofPublicPage: hash, at: now) else { return nil }
            let page = try ledger.messages(of: session.id, before: before, limit: Self.pageSize)
            var kinds: [String: TurnKind] = [:]
            let parts = try page.items.compactMap { message -> SharedPage.Part? in
                guard [.user, .assistant].contains(message.role), let id = message.turn else { return nil }
                if kinds[id] == nil { kinds[id] = try ledger.turn(id: id)?.kind }
                // What other turns say is of files and commands.
                guard kinds[id] == .chat else { return nil }
                let isAnswer = message.role == .assistant
                let text = isAnswer ? message.text : FileListing.written(in: message.text)
                guard !text.isEmpty else { return nil }
                return SharedPage.Part(
                    message: message.id,
                    name: isAnswer ? "Jetbridge" : Redaction.redact(message.author ?? "Someone"),
                    text: Redaction.redact(text), at: message.createdAt)
            }
            // A title that nobody has given may be a command, which the page does not show.
            let first = page.previous == nil ? parts.first?.text.onOneLine.abridged(to: 80) : nil
            return SharedPage(
                title: session.isNamed ? Redaction.redact(session.title) : first ?? "A conversation", parts: parts,
                address: "/s/\(token)", previous: page.previous)
        }
    }
}

/// What a public page shows of a conversation.
struct SharedPage: Sendable {
    struct Part: Sendable {
        let message: Int64
        let name: String
        /// Markdown.
        let text: String
        /// Milliseconds since 1970.
        let at: Int64
    }

    let title: String
    let parts: [Part]
    let address: String
    /// What came before is older than this message; nil on the oldest page.
    let previous: String?

    /// The bytes of a page's messages as HTML.
    static let limit = 2 << 20
}

extension ViewerPages {
    func shared(_ page: SharedPage) -> HTML {
        let (cards, first) = Self.cards(of: page.parts)
        let previous = first.map(String.init) ?? page.previous
        let earlier: HTML =
            previous.map { "<p class=\"note\"><a href=\"\(page.address)?before=\($0)\">Earlier messages</a></p>" } ?? ""
        let empty: HTML = page.parts.isEmpty ? "<p class=\"note\">Nothing to show here.</p>" : ""
        return self.layout.page(
            title: page.title, crumbs: [ViewerLayout.Crumb(title: page.title, path: nil)], isNarrow: true,
            body: """
                <h1 class="off">\(VisibleText.line(page.title))</h1>\
                <p class="note">A conversation that somebody has shared: its questions and answers, to read.</p>\
                \(earlier)\(empty)\(cards)
                """)
    }

    /// The newest messages for which there is room, and the first of them if some are left for the page before. One that
    /// needs more than a whole page is shown as it was written.
    private static func cards(of parts: [SharedPage.Part]) -> (html: HTML, first: Int64?) {
        var (cards, left) = ([HTML](), SharedPage.limit)
        for part in parts.reversed() {
            let time = CivilTime(milliseconds: part.at)
            func card(_ content: String) -> HTML {
                """
                <article class="card"><div class="bar"><b>\(VisibleText.line(part.name))</b>\
                <time class="faint" datetime="\(time.rfc3339Seconds)">\(time.date) \(time.clock) UTC</time></div>\
                <div class="rendered prose">\(HTML(trusted: content))</div></article>
                """
            }
            if let content = Markdown.html(part.text, limit: left) {
                cards.append(card(content))
            } else if cards.isEmpty {
                // A character takes up to six bytes in HTML.
                let text = part.text.beginning(bytes: SharedPage.limit / 6)
                let isCut = text.utf8.count < part.text.utf8.count
                cards.append(card(Markdown.html(EscapedText.fenced(isCut ? text + "…" : text))))
            } else {
                return (HTML.join(cards.reversed()), parts[parts.count - cards.count].message)
            }
            left = max(0, left - (cards.last?.text.utf8.count ?? 0))
        }
        return (HTML.join(cards.reversed()), nil)
    }
}
