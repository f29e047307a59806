internal import Chat
internal import Crypto
internal import Database
package import Store
package import Threads

/// The conversation of the web chat in which somebody edits a document that they have opened by its repository: their commits
/// and comments are shown there, and what they ask about a passage.
package struct DocumentConversation: Sendable {
    private let document: FoundDocument

    package init(of document: FoundDocument) { self.document = document }

    package var repository: String? { self.document.thread.repository }
    package var feature: String? { self.document.thread.feature }
    package var title: String { "Documents: \(self.feature ?? self.repository ?? "")" }

    /// A person may have chosen something else in the conversation that was begun for the documents, and then gets another.
    private static let tries = 20

    /// The names under which it is begun for somebody, to be tried in this order: they are the same at every host.
    private func names(for person: String) -> [String] {
        (0..<Self.tries).map { number in
            let facts = [person, self.repository ?? "", self.feature ?? "", String(number)]
            let digest = Crypto.sha256(facts.joined(separator: "\u{0}"))
            return SessionFilter.documents + Crypto.hex(Array(digest.prefix(10)))
        }
    }

    private func fits(_ session: SessionRecord) -> Bool {
        let isHere = session.repository.map { $0 == self.repository } ?? self.document.isOfDefault
        return isHere && session.feature == self.feature
    }

    /// Finds somebody's newest conversation about the feature; without a feature, the one that was begun for the repository's
    /// documents, and where that is missing, the name under which to begin it.
    package func find(for visitor: ThreadVisitor, in ledger: Ledger) throws -> Found {
        if let feature = self.feature, let session = try ledger.newestConversation(of: visitor, on: feature, self.fits)
        {
            return .session(session)
        }
        for name in self.names(for: visitor.identity) {
            let key = ThreadKey(adapter: Place.webAdapter, value: name)
            guard let session = try ledger.session(for: key) else { return .missing(name) }
            if self.fits(session), visitor.began(threadOf: session.owner) { return .session(session) }
        }
        throw DocumentProblem.busy("Your conversations about these documents work on others now. Choose one of them.")
    }

    package enum Found: Sendable {
        case session(SessionRecord)
        case missing(String)
    }
}

extension Ledger {
    /// The newest of a person's conversations on the page that have chosen a feature, among the last fifty.
    fileprivate func newestConversation(
        of visitor: ThreadVisitor, on feature: String, _ fits: (SessionRecord) -> Bool
    ) throws -> SessionRecord? {
        var values: [SQLValue] = [.text(Place.webAdapter.rawValue), .text(feature)]
        let owners = values.places(of: visitor.identities)
        return try self.connection.query(
            """
            SELECT * FROM sessions WHERE owner IN (\(owners)) AND adapter = ?1 AND state = 'active' AND feature = ?2
            ORDER BY active_at DESC, id DESC LIMIT 50
            """, values
        ).lazy.map(Self.session).first(where: fits)
    }
}
