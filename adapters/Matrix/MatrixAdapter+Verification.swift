package import Chat
internal import Primitives

extension MatrixAdapter: VerifyingAdapter {
    package func verify(_ argument: String, by sender: Sender, in route: Route) async -> String {
        guard let encryption = self.encryption.withLock({ $0 }) else {
            return
                "This connection has no encryption now: it is switched off, its keys could not be opened, or another host "
                + "of the cluster has the connection."
        }
        // From another network there is no Matrix user or room.
        let isHere = route.room.adapter == self.id
        let user = sender.id.hasPrefix("matrix:@") ? String(sender.id.dropFirst("matrix:".count)) : nil
        return await encryption.command(argument, by: isHere ? user : nil, in: isHere ? route.room.name : nil)
    }

    package var encryptionCounts: EncryptionCounts? {
        self.encryption.withLock { $0 }.map { encryption in encryption.counters.withLock { $0 } }
    }
}
