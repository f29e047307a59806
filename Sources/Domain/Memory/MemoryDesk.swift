package import Chat
internal import People
internal import Primitives
package import Store
internal import Words

/// Why something is not remembered or forgotten: what, why, and what to do.
package struct MemoryRefusal: Error, Equatable, CustomStringConvertible {
    package let description: String
    /// Nobody's to see, so that it reads as unknown.
    package var isUnknown = false
}

/// What one person may do with what is remembered: see, add, change and erase it.
package struct MemoryDesk: Sendable {
    private let store: SessionStore
    private let person: Sender
    private let role: Role
    /// Where `here` is; nil for a place without a repository.
    let repository: String?

    package init(store: SessionStore, person: Sender, role: Role, repository: String?) {
        self.store = store
        self.person = person
        self.role = role
        self.repository = repository
    }

    /// Their own, and all repositories' for a member.
    package func all() async throws -> [MemoryNote] {
        let (person, role) = (self.person.id, self.role)
        return try await self.store.read { ledger in
            try role >= .member ? ledger.wholeMemory(of: person) : ledger.memory(of: person, in: nil)
        }
    }

    /// Their own, and the repository's for a member.
    package func notes() async throws -> [MemoryNote] {
        let (person, repository) = (self.person.id, self.role >= .member ? self.repository : nil)
        return try await self.store.read { ledger in try ledger.memory(of: person, in: repository) }
    }

    /// Throws ``MemoryRefusal``.
    ///
    /// - Parameter isHere: For the members of the repository, instead of this person alone.
    package func remember(_ text: String, isHere: Bool, at now: Int64) async throws -> MemoryNote {
        if isHere, self.role < .member {
            throw MemoryRefusal(
                description: worded("Only members keep notes for a repository. `remember TEXT` keeps one for you."))
        }
        if isHere, self.repository == nil {
            throw MemoryRefusal(
                description: worded("This thread has no repository: choose one with `repo NAME` first."))
        }
        let (person, repository) = (self.person, isHere ? self.repository : nil)
        let text = try Self.checked(text)
        return try await self.store.write { ledger in
            let known = try ledger.memory(of: person.id, in: repository).filter { $0.repository == repository }
            if let same = known.first(where: { $0.text == text }) { return same }
            let note = MemoryNote(
                number: 0, person: person.id, author: person.displayName, repository: repository, text: text, at: now)
            try Self.checkRoom(for: note, beside: known)
            let number = try ledger.remember(
                text, of: person.id, called: person.displayName, in: repository, at: now)
            return MemoryNote(
                number: number, person: person.id, author: person.displayName, repository: repository, text: text,
                at: now)
        }
    }

    /// Throws ``MemoryRefusal``.
    package func change(_ id: String, to text: String) async throws -> MemoryNote {
        let text = try Self.checked(text)
        return try await self.with(id) { ledger, note, others in
            let changed = MemoryNote(
                number: note.number, person: note.person, author: note.author, repository: note.repository,
                text: text, at: note.at)
            try Self.checkRoom(for: changed, beside: others)
            try ledger.change(memory: note.number, to: text)
            return changed
        }
    }

    /// Returns the forgotten note. Throws ``MemoryRefusal``.
    package func forget(_ id: String) async throws -> MemoryNote {
        try await self.with(id) { ledger, note, _ in
            try ledger.forget(memory: note.number)
            return note
        }
    }

    /// A note that this person may change: one of their own, of a repository also any for an owner.
    private func with<Value: Sendable>(
        _ id: String, _ body: @escaping @Sendable (Ledger, MemoryNote, [MemoryNote]) throws -> Value
    ) async throws -> Value {
        let (person, role) = (self.person.id, self.role)
        guard !id.isEmpty else {
            throw MemoryRefusal(description: worded("Name the note: `forget ID`. `memory` lists them."))
        }
        let number = Int64(id.hasPrefix("m") ? String(id.dropFirst()) : id)
        return try await self.store.write { ledger in
            let notes = try role >= .member ? ledger.wholeMemory(of: person) : ledger.memory(of: person, in: nil)
            guard let number, let note = notes.first(where: { $0.number == number }) else {
                throw MemoryRefusal(
                    description: worded("No note of yours is called `\(VisibleText.line(id))`. `memory` lists them."),
                    isUnknown: true)
            }
            let isOwn = try note.repository == nil || ledger.identities(of: person).contains(note.person)
            guard isOwn || role == .owner else {
                throw MemoryRefusal(
                    description:
                        worded(
                            "The note `\(note.id)` is \(VisibleText.line(note.author))'s: they or an owner erase it."))
            }
            return try body(ledger, note, notes.filter { $0.repository == note.repository && $0 != note })
        }
    }

    private static func checked(_ text: String) throws -> String {
        let text = text.trimmed
        guard !text.isEmpty else {
            throw MemoryRefusal(description: worded("Say what to remember: `remember TEXT`, or `remember here TEXT`."))
        }
        guard text.utf8.count <= MemoryLimits.text else {
            throw MemoryRefusal(
                description: worded(
                    "The note has \(text.utf8.count) bytes, and at most \(MemoryLimits.text) are kept of one: "
                        + "shorten it, or put it into `AGENTS.md` of the repository."))
        }
        return text
    }

    private static func checkRoom(for note: MemoryNote, beside others: [MemoryNote]) throws {
        let limit = note.repository == nil ? MemoryLimits.ownTokens : MemoryLimits.sharedTokens
        let taken = others.reduce(0) { $0 + $1.tokens }
        guard others.count < MemoryLimits.notes, taken + note.tokens <= limit else {
            let whose = note.repository.map { worded("The memory of \($0)") } ?? worded("Your memory")
            throw MemoryRefusal(
                description: worded(
                    "\(whose) is full: \(others.count) notes of about \(taken) tokens, and \(limit) go into "
                        + "each prompt. Erase one with `forget ID`; `memory` lists them."))
        }
    }
}
