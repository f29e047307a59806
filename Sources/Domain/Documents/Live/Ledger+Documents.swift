internal import Chat
internal import Database
internal import JSON
internal import Store
internal import Threads

/// The documents that are edited live.
extension Ledger {
    func document(at place: DocumentPlace) throws -> DocumentRecord? {
        let row = try self.connection.first(
            "SELECT * FROM documents WHERE repository = ? AND branch = ? AND path = ?", place.values)
        guard var document = try row.map(Self.document) else { return nil }
        document.clients = try self.clients(of: document)
        return document
    }

    /// The state of up to `limit` documents, in the order of their places. Reading it passes over their texts, which may have
    /// gigabytes, so take a few at a time.
    ///
    /// - Parameter place: The last one of those before; nil for the first ones.
    func documents(after place: DocumentPlace?, limit: Int) throws -> [OpenDocumentState] {
        try self.connection.query(
            """
            SELECT repository, branch, path, editors, edited_at FROM documents
            \(place == nil ? "" : "WHERE (repository, branch, path) > (?, ?, ?)")
            ORDER BY repository, branch, path LIMIT ?
            """, (place?.values ?? []) + [.integer(Int64(limit))]
        ).map { row in
            let editors = try row.text("editors")
            let editor = try? JSON.parse(editors).arrayValue?.first
            return OpenDocumentState(
                place: try DocumentPlace(row), isCommitted: editors == "[]", session: editor?["session"]?.stringValue,
                editedAt: try row.integer("edited_at"))
        }
    }

    /// The updates that are not in the snapshot, in order.
    func updates(of document: DocumentRecord) throws -> [[UInt8]] {
        try self.connection.query(
            "SELECT body FROM document_updates WHERE epoch = ? AND number > ? ORDER BY number",
            [.text(document.epoch), .integer(document.through)]
        ).map { try $0.bytes("body") }
    }

    /// Begins a history. False if somebody else has begun one.
    func begin(_ document: DocumentRecord) throws -> Bool {
        let added = try self.connection.rowsChanged(
            by: """
                INSERT INTO documents
                (repository, branch, path, epoch, snapshot, through, last, base, editors, edited_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
            document.place.values + [
                .text(document.epoch), .blob(document.snapshot), .integer(document.through), .integer(document.last),
                .text(document.base), .text(document.editorsText), .integer(document.editedAt),
            ])
        return added == 1
    }

    /// Stores updates after those that are known, and the document's state. False if somebody else has stored some.
    func add(_ updates: [[UInt8]], to document: DocumentRecord) throws -> Bool {
        let changed = try self.connection.rowsChanged(
            by: "UPDATE documents SET last = ?, base = ?, editors = ?, edited_at = ? WHERE epoch = ? AND last = ?",
            [
                .integer(document.last + Int64(updates.count)), .text(document.base), .text(document.editorsText),
                .integer(document.editedAt), .text(document.epoch), .integer(document.last),
            ])
        guard changed == 1 else { return false }
        for (index, update) in updates.enumerated() {
            try self.connection.execute(
                "INSERT INTO document_updates (epoch, number, body) VALUES (?, ?, ?)",
                [.text(document.epoch), .integer(document.last + 1 + Int64(index)), .blob(update)])
        }
        return true
    }

    /// Stores who writes under each client id: as number 0 of the updates, which count from 1.
    func storeClients(of document: DocumentRecord) throws {
        try self.connection.execute(
            """
            INSERT INTO document_updates (epoch, number, body) VALUES (?, 0, ?)
            ON CONFLICT (epoch, number) DO UPDATE SET body = excluded.body
            """, [.text(document.epoch), .blob(document.clientsJSON.bytes)])
    }

    private func clients(of document: DocumentRecord) throws -> [UInt64: ExactText] {
        let row = try self.connection.first(
            "SELECT body FROM document_updates WHERE epoch = ? AND number = 0", [.text(document.epoch)])
        var clients: [UInt64: ExactText] = [:]
        for entry in try row.map({ try JSON.parse(try $0.bytes("body")) })?.arrayValue ?? [] {
            let person = ExactText(entry["person"]?.stringValue ?? "")
            for client in entry["clients"]?.arrayValue ?? [] {
                if let id = client.intValue.flatMap({ UInt64(exactly: $0) }) { clients[id] = person }
            }
        }
        return clients
    }

    /// Replaces all updates by a snapshot. Has no effect if somebody else has stored some.
    func compact(_ document: DocumentRecord, to snapshot: [UInt8]) throws {
        let changed = try self.connection.rowsChanged(
            by: "UPDATE documents SET snapshot = ?, through = last WHERE epoch = ? AND last = ?",
            [.blob(snapshot), .text(document.epoch), .integer(document.last)])
        guard changed == 1 else { return }
        try self.connection.execute(
            "DELETE FROM document_updates WHERE epoch = ? AND number > 0", [.text(document.epoch)])
    }

    func removeDocument(at place: DocumentPlace) throws {
        guard let old = try self.document(at: place) else { return }
        try self.removeHistory(old.epoch)
    }

    /// Removes the history of a document that is committed and was not edited since `time`.
    func removeDocument(at place: DocumentPlace, committedBefore time: Int64) throws {
        let row = try self.connection.first(
            """
            SELECT epoch FROM documents
            WHERE repository = ? AND branch = ? AND path = ? AND editors = '[]' AND edited_at < ?
            """, place.values + [.integer(time)])
        if let row { try self.removeHistory(row.text("epoch")) }
    }

    private func removeHistory(_ epoch: String) throws {
        try self.connection.execute("DELETE FROM document_updates WHERE epoch = ?", [.text(epoch)])
        try self.connection.execute("DELETE FROM documents WHERE epoch = ?", [.text(epoch)])
    }

    private static func document(_ row: Row) throws -> DocumentRecord {
        let editors = try JSON.parse(try row.text("editors")).arrayValue ?? []
        return DocumentRecord(
            place: try DocumentPlace(row), epoch: try row.text("epoch"), snapshot: try row.bytes("snapshot"),
            through: try row.integer("through"),
            last: try row.integer("last"), base: try row.text("base"),
            editors: try editors.map {
                DocumentEditor(
                    sender: try StoredForm.sender($0["sender"] ?? .null), session: $0["session"]?.stringValue ?? "")
            }, editedAt: try row.integer("edited_at"))
    }
}

/// Somebody who has edited a document since its last commit.
struct DocumentEditor: Sendable, Hashable {
    let sender: Sender
    /// The thread beside which it was edited.
    let session: String
}

/// What the host has to do about a stored document.
struct OpenDocumentState: Sendable {
    let place: DocumentPlace
    /// Whether all edits are in a commit.
    let isCommitted: Bool
    /// The thread of one of its editors; nil if it is committed, or they cannot be read.
    let session: String?
    let editedAt: Int64
}

struct DocumentRecord: Sendable {
    let place: DocumentPlace
    let epoch: String
    var snapshot: [UInt8]
    var through: Int64 = 0
    var last: Int64 = 0
    var base: String
    var editors: [DocumentEditor] = []
    var editedAt: Int64
    /// Who first wrote under each client id, by the identity; the host has none.
    var clients: [UInt64: ExactText] = [:]

    fileprivate var clientsJSON: JSON {
        let people = Dictionary(grouping: self.clients.keys) { self.clients[$0] ?? ExactText("") }
        return .array(
            people.map { person, clients in
                ["person": .string(person.text), "clients": .array(clients.map { .integer(Int64($0)) })]
            })
    }

    fileprivate var editorsText: String {
        JSON.array(
            self.editors.map { ["sender": StoredForm.json($0.sender), "session": .string($0.session)] }
        ).text
    }
}
