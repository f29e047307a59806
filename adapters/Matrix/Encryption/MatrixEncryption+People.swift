internal import JSON
internal import Logging

/// Follows people's devices.
///
/// https://spec.matrix.org/v1.16/client-server-api/#tracking-the-device-list-for-a-user
extension MatrixEncryption {
    /// The most users of one query.
    private static let queryLimit = 200

    /// Notes whose devices changed.
    func noteDeviceLists(changed: [String], left: [String], _ changes: inout MatrixKeyChanges) {
        for user in changed where self.people[user] != nil { self.setOutdated(user, &changes) }
        // People who share no encrypted room any more: their changes are no longer announced.
        for user in left where self.people[user] != nil && user != self.user { self.setOutdated(user, &changes) }
    }

    func setOutdated(_ user: String, _ changes: inout MatrixKeyChanges) {
        self.lastGeneration += 1
        self.generations[user] = self.lastGeneration
        self.people[user]?.isOutdated = true
        if let person = self.people[user] { changes.setPerson(person) }
    }

    /// Everything may have changed while the server did not say so.
    func setAllOutdated() async throws {
        try await self.commit(MatrixKeyChanges { for user in self.people.keys { self.setOutdated(user, &$0) } })
    }

    /// Asks for the devices of people about whom nothing or only something old is known. A server that does not answer
    /// leaves them outdated.
    func refresh(_ users: some Sequence<String>) async throws {
        let due = Set(users).filter { self.people[$0]?.isOutdated ?? true }.sorted()
        var start = 0
        var size = Self.queryLimit
        while start < due.count {
            let part = Array(due[start..<min(start + size, due.count)])
            let generations = self.generations
            var answer: JSON = [:]
            do {
                answer = try await self.ask(.queryKeys(of: part))
            } catch let error as MatrixCallError where error.refusal?.isTooLong == true {
                // The keys of one person may be too many: the others must not miss theirs for it.
                if part.count > 1 {
                    size = part.count / 2
                    continue
                }
                self.logger.warning("The keys of \(part[0]) count as none: \(error)")
            } catch let error as MatrixCallError {
                self.logger.info("The devices of people could not be asked for: \(error)")
                return
            }
            start += part.count
            size = min(2 * size, Self.queryLimit)
            try await self.alone {
                var changes = MatrixKeyChanges()
                for keys in MatrixKeyQuery(answer, users: part, account: self.user).users {
                    let isCurrent = self.generations[keys.user] == generations[keys.user]
                    self.apply(keys, isCurrent: isCurrent, &changes)
                }
                try await self.commit(changes)
            }
        }
    }

    private func apply(_ keys: MatrixUserKeys, isCurrent: Bool, _ changes: inout MatrixKeyChanges) {
        // Many devices count like several people, so that they are looked through in time.
        self.newcomers += (self.people[keys.user] == nil ? 1 : 0) + keys.devices.count / 50
        var person = self.people[keys.user] ?? MatrixPersonKeys(user: keys.user, heardAt: self.clock())
        person.isOutdated = !isCurrent
        person.master = keys.master
        person.keys = keys.bare
        if person.pinned == nil { person.pinned = keys.master }
        for key in keys.devices where key.readsRooms {
            let old = person.devices[key.id]
            if old == nil, !self.makeRoom(in: &person, &changes) {
                self.logger.warning("\(keys.user) has more than \(Self.deviceLimit) devices; further ones get no keys")
                break
            }
            // A device never changes its key: the server, or somebody with the account, pretends to be it.
            if let old, old.ed25519 != key.ed25519 {
                self.logger.warning("The device \(key.id) of \(keys.user) shows another key and is not trusted with it")
                continue
            }
            let device = MatrixPersonKeys.Device(
                id: key.id, ed25519: key.ed25519, curve25519: key.curve25519, name: key.displayName,
                isSigned: key.isCrossSigned)
            person.devices[key.id] = device
            if device != old { changes.setDevice(device, of: keys.user) }
        }
        let present = Set(keys.devices.map(\.id))
        for (id, device) in person.devices where !present.contains(id) && !device.isRemoved {
            person.devices[id]?.isRemoved = true
            if let device = person.devices[id] { changes.setDevice(device, of: keys.user) }
        }
        self.people[keys.user] = person
        changes.setPerson(person)
    }

    /// Of a person; each present one gets every room key.
    private static let deviceLimit = 200

    /// Forgets removed devices beyond the limit. False if none of them can make room.
    private func makeRoom(in person: inout MatrixPersonKeys, _ changes: inout MatrixKeyChanges) -> Bool {
        guard person.devices.count >= Self.deviceLimit else { return true }
        guard let removed = person.devices.values.first(where: \.isRemoved) else { return false }
        person.devices[removed.id] = nil
        changes.removeDevice(removed.id, of: person.user)
        return true
    }

    // MARK: Trust

    /// Whether a device may have room keys and be listened to.
    func isTrusted(_ device: MatrixPersonKeys.Device, of person: MatrixPersonKeys) -> Bool {
        switch self.settings.trust {
        case .any: true
        case .crossSigned: device.isSigned && !person.hasChanged
        case .verified: device.isSigned && person.isVerified
        }
    }

    /// Why ``isTrusted(_:of:)`` is false, for people.
    func reason(against device: MatrixPersonKeys.Device, of person: MatrixPersonKeys) -> String {
        if person.hasChanged {
            return "The identity of \(person.user) has changed. If they have reset it, an owner can accept the new one "
                + "with `!verify trust \(person.user)` in a direct message, or they verify again."
        }
        if !device.isSigned {
            return
                "The device \(device.id) of \(person.user) is not verified by its owner, so this bot does not answer "
                + "it. Verify that session with another of your sessions or your recovery key, then send the message again."
        }
        return "\(person.user) is not verified, and this bot answers verified people only. An owner can begin with "
            + "`!verify \(person.user)` in a direct message."
    }

    /// Accepts a person's present identity, after a comparison or by an owner's word.
    func setVerified(_ user: String, master: String) async throws {
        try await self.alone {
            guard var person = self.people[user], person.master == master else { return }
            person.verified = master
            person.pinned = master
            self.people[user] = person
            var changes = MatrixKeyChanges()
            changes.setPerson(person)
            changes.removeTold("identity \(user)")
            try await self.commit(changes)
        }
    }

    /// The device of `user` with this Curve25519 key.
    func device(of user: String, key: String) -> MatrixPersonKeys.Device? {
        self.people[user]?.devices.values.first { $0.curve25519 == key }
    }
}
