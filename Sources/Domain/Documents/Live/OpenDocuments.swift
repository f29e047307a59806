package import Chat
internal import EventLoop
internal import JSON
package import Logging
internal import People
internal import Primitives
package import Store
internal import Threads

/// The documents that people have open at this host.
package actor OpenDocuments {
    struct Context: Sendable {
        let desk: DocumentDesk
        let store: SessionStore
        let logger: Logger
        /// Milliseconds since 1970.
        let now: @Sendable () -> Int64
        /// How long nobody may edit a document before it is committed, in milliseconds.
        let quiet: Int64
        /// How long a save may take, and a comparison with the branch.
        let patience: Duration
        let link: @Sendable (CommitNotice) -> String
        /// Shows a commit in the thread of its author.
        let report: @Sendable (CommitNotice, _ session: String) async -> Void

        /// Runs a write with the fence of a thread, if there is one.
        func write<Value: Sendable>(
            _ session: String?, _ body: @escaping @Sendable (Ledger) throws -> Value
        ) async throws -> Value {
            guard let session else { return try await self.store.write(body) }
            return try await self.store.write(ofSession: session, body)
        }
    }

    struct Opening: Sendable {
        let task: Task<OpenDocument, any Error>
        /// In whose share it counts; nil for the host.
        let holder: Protected<ExactText?>
    }

    private struct Person {
        let id: ExactText
        let isOwner: Bool
    }

    private let context: Context
    private(set) var open: [DocumentPlace: Opening] = [:]
    /// Of people who have edited lately.
    private var budgets: [ExactText: EditBudget] = [:]
    private var isStopping = false
    private let stopped = Signal()
    /// Those that are being looked after.
    private var ticking: Set<DocumentPlace> = []
    private let rested = Signal()
    private let opened = Signal()

    /// A committed document's history is kept this long for people who come back with edits: 30 days.
    private static let lifetime: Int64 = 30 * 24 * 3_600_000
    private static let limit = 500
    /// Of those the ones that are kept for owners.
    private static let ownersDocuments = 50
    /// Of one person, who is not an owner.
    private static let personDocuments = 20

    /// - Parameters:
    ///   - now: Milliseconds since 1970.
    ///   - quiet: How long nobody may edit before a document is committed, in milliseconds.
    ///   - patience: How long a Git server may take for a document.
    ///   - link: A commit's page.
    ///   - report: Shows a commit in a thread.
    package init(
        desk: DocumentDesk, store: SessionStore, logger: Logger, now: @escaping @Sendable () -> Int64,
        quiet: Int64 = 30_000, patience: Duration = .seconds(300),
        link: @escaping @Sendable (CommitNotice) -> String,
        report: @escaping @Sendable (CommitNotice, _ session: String) async -> Void
    ) {
        self.context = Context(
            desk: desk, store: store, logger: logger, now: now, quiet: quiet, patience: patience, link: link,
            report: report)
    }

    /// Saves what the last run left, and then looks after the open documents until ``stop()``.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask(name: "stored documents") {
                while !Task.isCancelled {
                    await self.lookThroughStored()
                    try? await Task.sleep(for: Self.lookInterval)
                }
            }
            group.addTask(name: "comments") {
                await self.context.store.commentChanges.watch { changed in
                    while !Task.isCancelled {
                        await changed.wait()
                        await self.showComments()
                    }
                }
            }
            while !self.isStopping, !Task.isCancelled {
                // Without documents there is nothing to look after, and a host without work does nothing.
                if self.open.isEmpty {
                    await self.opened.wait()
                    continue
                }
                await self.stopped.wait(upTo: .seconds(1))
                if self.isStopping { break }
                for place in self.beginTick() { group.addTask { await self.lookAfter(place) } }
            }
            // A commit under way may end. An edit that is not committed is kept, so no server holds up the stop.
            self.rested.reset()
            if !self.ticking.isEmpty { await self.rested.wait(upTo: .seconds(5)) }
            group.cancelAll()
        }
    }

    /// Documents of an earlier run that are open at once: each may take megabytes, and there may be very many that are in
    /// conflict. Those that somebody has opened do not count, and nobody holds up what others have not committed.
    private static let earlierLimit = 20

    /// Looking through the stored documents reads all their texts.
    private static let lookInterval = Duration.seconds(24 * 3_600)
    /// Documents that are read or removed at a time, and the pause after them: others read and write in between.
    private static let page = 20
    private static let pause = Duration.milliseconds(20)

    /// Removes histories that are too old, and opens what an earlier run has not committed.
    func lookThroughStored() async {
        let (store, now) = (self.context.store, self.context.now())
        do {
            // A clock that may be wrong removes nothing.
            let old = try await store.read { try $0.expiryTime(at: now) } - Self.lifetime
            var (unsaved, expired): ([OpenDocumentState], [DocumentPlace]) = ([], [])
            var last: DocumentPlace?
            repeat {
                let states = try await store.read { [last] in try $0.documents(after: last, limit: Self.page) }
                last = states.count < Self.page ? nil : states.last?.place
                unsaved += states.filter { !$0.isCommitted && self.open[$0.place] == nil }
                expired += states.filter { $0.isCommitted && $0.editedAt < old }.map(\.place)
                if last != nil { try await Task.sleep(for: Self.pause) }
            } while last != nil
            if store.held.contains(.janitor) { try await self.remove(expired, before: old) }
            await self.open(unsaved.sorted { $0.editedAt > $1.editedAt })
        } catch is CancellationError {
            return
        } catch {
            self.context.logger.warning(
                "the stored documents were not looked through", ["error": .string("\(error)")])
        }
    }

    private func remove(_ places: [DocumentPlace], before old: Int64) async throws {
        do {
            for start in stride(from: 0, to: places.count, by: Self.page) {
                // Somebody who reads one may begin to edit it.
                let page = places[start...].prefix(Self.page).filter { self.open[$0] == nil }
                try await self.context.store.write { ledger in
                    for place in page { try ledger.removeDocument(at: place, committedBefore: old) }
                }
                try await Task.sleep(for: Self.pause)
            }
            try await self.context.store.write { try $0.removeComments(resolvedBefore: old) }
        } catch let error as CancellationError {
            throw error
        } catch {
            self.context.logger.warning(
                "old histories of documents were not removed", ["error": .string("\(error)")])
        }
    }

    private func open(_ unsaved: [OpenDocumentState]) async {
        await withDiscardingTaskGroup { group in
            for state in unsaved {
                let place = state.place
                do {
                    guard try await self.isHeld(state.session) else { continue }
                    while self.open.values.count(where: { $0.holder.withLock { $0 } == nil }) >= Self.earlierLimit {
                        try await Task.sleep(for: .seconds(1))
                    }
                    let task = try self.opening(at: place, for: nil) { throw DocumentProblem.missing(place.path) }
                    // Its server may not answer, while others do.
                    group.addTask {
                        do { _ = try await self.result(of: task, at: place) } catch {
                            await self.report(error, at: place)
                        }
                    }
                } catch is CancellationError {
                    return
                } catch {
                    self.report(error, at: place)
                }
            }
        }
    }

    /// Whether this host has the thread.
    private func isHeld(_ session: String?) async throws -> Bool {
        guard let session else { throw DocumentProblem.invalid("Who has edited it cannot be read.") }
        guard let thread = try await self.context.store.read({ try $0.session(id: session) }) else { return false }
        return self.context.store.held.contains(Place(of: thread.key))
    }

    private func report(_ error: any Error, at place: DocumentPlace) {
        self.context.logger.warning(
            "a document of the last run was not opened",
            ["document": .string(place.path), "error": .string("\(error)")])
    }

    private func showComments() async {
        for opening in self.open.values { await (try? opening.task.value)?.showComments() }
    }

    /// Looks after each open document for which that is not still being done.
    package func tick() async {
        await withDiscardingTaskGroup { group in
            for place in self.beginTick() { group.addTask { await self.lookAfter(place) } }
        }
    }

    /// The documents that are due. One that waits for its server must not hold up the others.
    private func beginTick() -> [DocumentPlace] {
        let now = self.context.now()
        for (person, _) in self.budgets.filter({ $0.value.isFull(at: now) })
        where isKnownUniquelyReferenced(&self.budgets[person]) { self.budgets[person] = nil }
        return self.open.keys.filter { self.ticking.insert($0).inserted }
    }

    private func lookAfter(_ place: DocumentPlace) async {
        if let task = self.open[place]?.task {
            let isClosed = await (try? task.value)?.tick() == true
            if isClosed, self.open[place]?.task == task { self.open[place] = nil }
        }
        self.ticking.remove(place)
        if self.ticking.isEmpty { self.rested.signal() }
    }

    package func stop() async {
        self.isStopping = true
        self.stopped.signal()
        self.opened.signal()
        for opening in self.open.values {
            // One that is still being opened may wait for its server.
            opening.task.cancel()
            await (try? opening.task.value)?.stop()
        }
    }

    /// Opens a document for somebody. Throws ``DocumentProblem`` and as ``DocumentDesk/read(_:of:)``.
    ///
    /// - Parameter epoch: The history that the client's own text belongs to; nil for a client without one.
    package func join(
        _ path: String, of thread: DocumentThread, as sender: Sender, in session: String, canEdit: Bool, isOwner: Bool,
        epoch: String?
    ) async throws -> DocumentConnection {
        let (place, stored) = try await self.context.desk.open(path, of: thread)
        // Somebody who may not edit begins no document.
        if !canEdit, stored.text == nil, self.open[place] == nil,
            try await self.context.store.read({ try $0.document(at: place) }) == nil
        {
            throw DocumentProblem.missing(path)
        }
        let editor = DocumentEditor(sender: sender, session: session)
        let person = Person(id: ExactText(sender.id), isOwner: isOwner)
        while true {
            let document = try await self.document(at: place, for: person) { stored }
            let budget = self.budget(of: person.id)
            if let port = try await document.join(
                editor, canEdit: canEdit, isOwner: isOwner, epoch: epoch, budget: budget)
            {
                return DocumentConnection(document: document, port: port)
            }
            // It was closed in between. Somebody may already have opened it again, and that one has to stay.
            if let task = self.open[place]?.task, try await task.value === document, self.open[place]?.task == task {
                self.open[place] = nil
            }
        }
    }

    private func budget(of person: ExactText) -> EditBudget {
        if let known = self.budgets[person] { return known }
        let new = EditBudget(at: self.context.now())
        self.budgets[person] = new
        return new
    }

    private func document(
        at place: DocumentPlace, for person: Person?, begin: @escaping @Sendable () throws -> StoredText
    ) async throws -> OpenDocument {
        try await self.result(of: self.opening(at: place, for: person, begin: begin), at: place)
    }

    private func opening(
        at place: DocumentPlace, for person: Person?, begin: @escaping @Sendable () throws -> StoredText
    ) throws -> Task<OpenDocument, any Error> {
        if let opening = self.open[place] { return opening.task }
        try self.checkRoom(for: person)
        let (context, holder) = (self.context, Protected<ExactText?>(person?.id))
        // Unstructured: everybody who opens the document waits for the same one.
        let task = Task {
            let found = try await context.store.read { ledger in
                try ledger.document(at: place).map { ($0, try ledger.updates(of: $0)) }
            }
            if let (record, updates) = found {
                let document = OpenDocument(record, isStored: true, holder: holder, context: context)
                try await document.load(updates)
                await document.merge()
                return document
            }
            let document = OpenDocument(
                try OpenDocument.record(of: place, try begin(), at: context.now()), isStored: false, holder: holder,
                context: context)
            try await document.load([])
            return document
        }
        self.open[place] = Opening(task: task, holder: holder)
        self.opened.signal()
        return task
    }

    private func result(of task: Task<OpenDocument, any Error>, at place: DocumentPlace) async throws -> OpenDocument {
        do {
            return try await task.value
        } catch {
            if self.open[place]?.task == task { self.open[place] = nil }
            throw error
        }
    }

    private func checkRoom(for person: Person?) throws(DocumentProblem) {
        let limit = person?.isOwner == false ? Self.limit - Self.ownersDocuments : Self.limit
        // Those of an earlier run have a limit of their own.
        guard !self.isStopping, person == nil || self.open.count < limit else {
            throw .busy("The host has \(limit) documents open, or stops. Try again later.")
        }
        guard let person, !person.isOwner else { return }
        let own = self.open.values.count { $0.holder.withLock { $0 } == person.id }
        guard own < Self.personDocuments else {
            throw .busy("You have \(own) documents open. Close one of them, and try again in a minute.")
        }
    }
}

/// Somebody's way to an open document.
package struct DocumentConnection: Sendable {
    let document: OpenDocument
    package let port: DocumentPort

    package func receive(_ bytes: [UInt8]) async { await self.document.receive(bytes, from: self.port) }
    package func receive(_ message: String) async { await self.document.receive(message, from: self.port) }
    package func leave() async { await self.document.leave(self.port) }
}
