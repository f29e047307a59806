/// The messages of one channel, in the order of their ts.
///
/// A class, so that reading a channel while it changes does not copy all its messages; it belongs to the state and is
/// accessed only under its lock.
final class SlackMessages {
    private(set) var order: [String] = []
    private(set) var replies: [String: [String]] = [:]
    private var messages: [String: SlackMessage] = [:]

    subscript(ts: String) -> SlackMessage? {
        get { self.messages[ts] }
        set {
            guard let newValue else { return self.remove(ts) }
            if self.messages.updateValue(newValue, forKey: ts) == nil {
                self.order.append(ts)
                if newValue.isReply, let root = newValue.threadTS { self.replies[root, default: []].append(ts) }
            }
        }
    }

    private func remove(_ ts: String) {
        guard let message = self.messages.removeValue(forKey: ts) else { return }
        if message.isReply, let root = message.threadTS {
            self.replies[root]?.removeAll { $0 == ts }
            if self.replies[root]?.isEmpty == true { self.replies[root] = nil }
        }
        if let index = self.order.lastIndex(of: ts) { self.order.remove(at: index) }
    }

    /// The messages after a ts, or all, oldest first.
    func list(after ts: String?) -> [SlackMessage] {
        let tail = ts.map { ts in self.order.suffix(while: { $0 > ts }) } ?? self.order[...]
        return tail.compactMap { self.messages[$0] }
    }

    /// Drops the oldest messages until `count` are left. Up to a tenth more may remain, to avoid doing it every time.
    func forget(keeping count: Int) {
        guard self.order.count > count + count / 10 else { return }
        let gone = self.order.prefix(self.order.count - count)
        for ts in gone {
            self.messages[ts] = nil
            self.replies[ts] = nil
        }
        self.order.removeFirst(gone.count)
        let oldest = self.order.first ?? ""
        for (root, list) in self.replies where list[0] < oldest {
            let rest = list.filter { $0 >= oldest }
            self.replies[root] = rest.isEmpty ? nil : rest
        }
    }
}

extension Array {
    /// The longest suffix whose elements all satisfy a condition.
    fileprivate func suffix(while condition: (Element) -> Bool) -> ArraySlice<Element> {
        var start = self.endIndex
        while start > self.startIndex, condition(self[start - 1]) { start -= 1 }
        return self[start...]
    }
}
