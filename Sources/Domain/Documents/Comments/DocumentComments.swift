package import Chat
package import JSON
package import Posts
internal import Primitives
internal import Sessions
internal import Store
package import Threads

/// Comments on passages of documents. Each is a message of the thread beside which it is made, in the same transaction.
package struct DocumentComments: Sendable {
    private let desk: DocumentDesk
    private let posts: ThreadPosts

    package init(desk: DocumentDesk, posts: ThreadPosts) {
        self.desk = desk
        self.posts = posts
    }

    /// The open ones. Throws as ``DocumentDesk/read(_:of:)``, like the others.
    package func list(_ path: String, of thread: DocumentThread) async throws -> [DocumentComment] {
        let place = try await self.desk.open(path, of: thread).place
        return try await self.posts.store.read { try $0.comments(at: place) }
    }

    /// Stores and posts a comment. Throws also ``CommentProblem``.
    ///
    /// - Parameter key: A repeat with the same key is the same comment.
    package func add(
        _ text: String, on quote: String, at anchor: JSON, _ path: String, of thread: DocumentThread,
        in session: String, by sender: Sender, key: String
    ) async throws -> DocumentComment {
        try await self.add(path, of: thread, by: sender, key: key) { _, place in
            DocumentComment(
                place: place, session: session, author: sender.displayName, text: text, quote: quote, anchor: anchor,
                createdAt: self.posts.environment.now())
        }
    }

    /// Stores and posts an answer to an open comment of the document.
    package func answer(
        _ number: Int64, _ text: String, _ path: String, of thread: DocumentThread, by sender: Sender, key: String
    ) async throws -> DocumentComment {
        try await self.add(path, of: thread, by: sender, key: key) { ledger, place in
            try Self.comment(number, at: place, in: ledger).answer(
                text, by: sender.displayName, at: self.posts.environment.now())
        }
    }

    private func add(
        _ path: String, of thread: DocumentThread, by sender: Sender, key: String,
        _ make: @escaping @Sendable (Ledger, DocumentPlace) throws -> DocumentComment
    ) async throws -> DocumentComment {
        let place = try await self.desk.open(path, of: thread).place
        let stored = Protected<DocumentComment?>(nil)
        try await self.posts.tell { ledger in
            let (comment, isNew) = try ledger.add(try make(ledger, place), by: sender, key: key)
            stored.withLock { $0 = comment }
            guard isNew else { return [] }
            return [ThreadNews(session: comment.session) { CommentTexts.said(comment, $0) }]
        }
        self.posts.store.commentChanges.note()
        guard let comment = stored.withLock({ $0 }) else { throw CommentProblem.unknown }
        return comment
    }

    /// Resolves an open comment of the document, and says so in its thread.
    package func resolve(
        _ number: Int64, _ path: String, of thread: DocumentThread, by sender: Sender
    ) async throws {
        let place = try await self.desk.open(path, of: thread).place
        let now = self.posts.environment.now()
        try await self.posts.tell { ledger in
            let comment = try Self.comment(number, at: place, in: ledger)
            try ledger.resolveComment(number, at: now)
            return [
                ThreadNews(session: comment.session) { _ in CommentTexts.resolved(comment, by: sender.displayName) }
            ]
        }
        self.posts.store.commentChanges.note()
    }

    private static func comment(
        _ number: Int64, at place: DocumentPlace, in ledger: Ledger
    ) throws -> DocumentComment {
        guard let comment = try ledger.comment(number), comment.place == place else { throw CommentProblem.unknown }
        return comment
    }
}
