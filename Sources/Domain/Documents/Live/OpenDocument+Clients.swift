internal import Chat

/// Whose client ids are whose: new text under somebody else's next clock would make that person's own edit look known,
/// and it would be dropped.
extension OpenDocument {
    /// Who has the ids of the host.
    static let nobody = ExactText("")
    /// Of one person in a history. Each time the page is loaded, it has a new one.
    private static let clientLimit = 1_000

    /// Whether somebody may write and be seen under a client id: whoever was first with it.
    func mayUse(_ client: UInt64, as person: ExactText) -> Bool {
        guard client != Self.initialClient, client != self.host else { return false }
        if let owner = self.record.clients[client] { return owner == person }
        return !self.ports.values.contains { $0.person != person && $0.client == client }
    }

    /// Whether a reader's update adds anything: a reply to the host's state vector may repeat known edits.
    func hasNews(_ update: TextUpdate, from port: DocumentPort) throws -> Bool {
        // A trial takes a copy and as much work as an edit may take.
        guard !update.blocks.contains(where: self.text.isNew) else { return true }
        var copy = self.text
        try self.take(update, into: &copy, from: port)
        return copy.changeCount > self.text.changeCount
    }

    /// The client ids under which an update has new text. Throws if one is somebody else's.
    func writers(of update: TextUpdate, from person: ExactText) throws(SharedTextError) -> Set<UInt64> {
        var clients: Set<UInt64> = []
        for block in update.blocks where self.text.isNew(block) { clients.insert(block.client) }
        guard clients.allSatisfy({ self.mayUse($0, as: person) }) else {
            throw SharedTextError(.foreignClient, "is under a client id of somebody else")
        }
        let new = clients.count { self.record.clients[$0] == nil }
        let known = new == 0 ? 0 : self.record.clients.values.count { $0 == person }
        guard known + new <= Self.clientLimit else { throw SharedText.longHistory }
        return clients
    }

    /// Remembers whose client ids these are, for as long as the history lasts.
    func claim(_ clients: Set<UInt64>, for person: ExactText) {
        for client in clients where self.record.clients[client] == nil {
            self.record.clients[client] = person
            self.hasNewClients = true
        }
    }
}
