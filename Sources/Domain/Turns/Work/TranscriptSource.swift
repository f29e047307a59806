internal import Chat
internal import JSON
internal import Primitives
package import Store
package import Threads
package import Work

/// A session's record and transcript as archive entries: `session.json` and `transcript.jsonl`.
package struct TranscriptSource: ArchiveSource {
    private let session: SessionRecord
    private let store: SessionStore
    private let at: Int64

    /// - Parameter at: Milliseconds since 1970.
    package init(session: SessionRecord, store: SessionStore, at: Int64) {
        self.session = session
        self.store = store
        self.at = at
    }

    fileprivate static let pageSize = 200

    package func entries(_ add: (ArchiveEntry) async throws -> Void) async throws {
        let session = self.session
        let json: JSON = [
            "id": .string(session.id), "adapter": .string(session.key.adapter.rawValue),
            "thread": .string(session.key.value), "title": .string(session.title), "owner": .string(session.owner),
            "model": session.model.map { .string($0) } ?? .null,
            "repository": session.repository.map { .string($0) } ?? .null,
            "created_at": Self.time(session.createdAt), "active_at": Self.time(session.activeAt),
            "archived_at": Self.time(self.at),
        ]
        let seconds = self.at / 1_000
        try await add(ArchiveEntry(path: "session.json", modified: seconds, bytes: json.bytes + [0x0A]))
        try await add(
            ArchiveEntry(
                path: "transcript.jsonl", mode: 0o600, modified: seconds,
                content: .file(size: nil) {
                    let pages = Pages(store: self.store, session: session.id)
                    return { try await pages.next() }
                }))
    }

    fileprivate static func time(_ milliseconds: Int64) -> JSON {
        .string(CivilTime(milliseconds: milliseconds).rfc3339)
    }

    /// The transcript's lines, a page at a time.
    private actor Pages {
        private let store: SessionStore
        private let session: String
        private var cursor: String?
        private var isDone = false

        init(store: SessionStore, session: String) {
            self.store = store
            self.session = session
        }

        func next() async throws -> [UInt8]? {
            if self.isDone { return nil }
            let (session, cursor) = (self.session, self.cursor)
            let page = try await self.store.read { ledger in
                try ledger.messages(of: session, after: cursor, limit: TranscriptSource.pageSize, in: .all)
            }
            self.cursor = page.next
            self.isDone = page.next == nil
            return page.items.flatMap { Self.line($0) }
        }

        private static func line(_ message: MessageRecord) -> [UInt8] {
            let json: JSON = [
                "id": .string(String(message.id)), "role": .string(message.role.rawValue),
                "author": message.author.map { .string($0) } ?? .null, "text": .string(message.text),
                "created_at": TranscriptSource.time(message.createdAt),
            ]
            return json.bytes + [0x0A]
        }
    }
}
