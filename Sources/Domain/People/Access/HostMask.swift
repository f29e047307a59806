package import Chat

/// A host mask as the identity of somebody who has no account.
package struct HostMask: Hashable {
    /// As ``Sender/id``.
    package let id: String
    /// The configuration names one person's nick; otherwise whoever has the same nick, user and host.
    let isPerson: Bool

    package func sender(_ sender: Sender) -> Sender {
        Sender(
            id: self.id, identities: [Identity(self.id)] + sender.identities, displayName: sender.displayName,
            isBot: sender.isBot, isSelf: sender.isSelf, isLasting: self.isPerson)
    }

    /// The thread of a nick, as that of this identity: the nick is after a channel and a comma, or alone.
    package func thread(_ key: ThreadKey) -> ThreadKey {
        let channel = key.value.lastIndex(of: ",").map { key.value[...$0] } ?? ""
        let mask = self.id.dropFirst(key.adapter.rawValue.count + 1)
        return ThreadKey(adapter: key.adapter, value: "\(channel)\(mask)")
    }
}
