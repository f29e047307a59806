internal import JSON
internal import Kit
internal import Logging
internal import Olm

/// Verifications by emoji: connects ``MatrixVerification`` with the server and with people.
extension MatrixEncryption {
    /// A verification event for a room, which the adapter sends.
    struct RoomMessage: Sendable {
        let flow: MatrixVerificationFlow
        let room: String
        let type: String
        let content: JSON
    }

    /// A comparison that waits for somebody's answer.
    struct Comparison: Sendable {
        let flow: MatrixVerificationFlow
        let text: MatrixShortString
    }

    /// Makes the machine for the device, once its identity is known.
    func prepareVerification() {
        guard let account = self.account else { return }
        let master = self.people[self.user]?.master
        if self.verification == nil || self.verification?.device != self.device {
            self.verification = MatrixVerification(
                user: self.user, device: self.device, ed25519: account.ed25519, masterKey: master)
        } else {
            self.verification?.masterKey = master
        }
    }

    // MARK: Events

    /// A message to this device.
    func verify(_ message: MatrixSyncKeys.Message) async {
        await self.verify(
            MatrixVerificationEvent(
                place: .toDevice, type: message.type, sender: message.sender, content: message.content))
    }

    /// An event of a room that was read.
    func verify(_ event: MatrixEvent, in room: String) async {
        if let event = MatrixVerificationEvent(event, in: room) { await self.verify(event) }
    }

    private func verify(_ event: MatrixVerificationEvent) async {
        guard self.verification?.admits(event, at: AdapterTime.now) == true else { return }
        try? await self.refresh([event.sender])
        guard let keys = try? await self.keys(of: event.sender) else { return }
        let actions = self.verification?.handle(event, keys: keys, at: AdapterTime.now) ?? []
        await self.perform(actions)
    }

    /// A person's keys as the server shows them now.
    private func keys(of user: String) async throws -> MatrixUserKeys {
        if let keys = self.people[user]?.keys { return keys }
        try await self.refreshAnyway([user])
        return self.people[user]?.keys ?? MatrixUserKeys(user: user, answer: [:])
    }

    func expireVerifications() async {
        await self.perform(self.verification?.expire(at: AdapterTime.now) ?? [])
    }

    func verificationSent(_ flow: MatrixVerificationFlow, event: String) {
        self.verification?.requestSent(flow, event: event)
    }

    // MARK: Actions

    private func perform(_ actions: [MatrixVerificationAction]) async {
        for action in actions {
            switch action {
            case .sendToDevice(let type, let user, let messages): await self.send(type, to: user, messages)
            case .sendInRoom(let flow, let type, let content):
                guard case .room(let room) = flow.place else { continue }
                self.roomMessages.continuation.yield(RoomMessage(flow: flow, room: room, type: type, content: content))
            case .asked(let flow): await self.perform(self.verification?.accept(flow, at: AdapterTime.now) ?? [])
            case .show(let flow, let text):
                self.comparisons.append(Comparison(flow: flow, text: text))
                self.tell(flow, Self.comparisonText(flow, text))
            case .verified(let flow, _, let master): await self.finish(flow, master: master)
            case .cancelled(let flow, let reason):
                self.comparisons.removeAll { $0.flow.id == flow.id }
                self.tell(flow, "The verification of \(flow.user) ended: \(reason.reason).")
            }
        }
        guard let deadline = self.verification?.deadline else { return }
        // One timer counts. One that is overdue was dropped, because too many errands were waiting.
        if let wake = self.verificationWake, wake <= deadline, wake >= AdapterTime.now.monotonic { return }
        self.verificationWake = deadline
        self.begin(.expireVerifications(at: deadline))
    }

    private func send(_ type: String, to user: String, _ messages: [String: JSON]) async {
        do {
            _ = try await self.ask(
                .sendToDevice(
                    type, transaction: "verify-\(self.nextNumber())",
                    messages: .object([user: .object(JSONObject(dictionary: messages))])))
        } catch {
            self.logger.info("A message of a verification could not be sent: \(error)")
        }
    }

    /// The other side proved to hold its keys.
    private func finish(_ flow: MatrixVerificationFlow, master: String?) async {
        self.comparisons.removeAll { $0.flow.id == flow.id }
        guard let master else {
            return self.tell(
                flow,
                "The device \(flow.device ?? "") of \(flow.user) is the one that it claims to be, but its owner has no identity "
                    + "of their own: they set up recovery in their app, then verify again.")
        }
        do {
            // Stored before it is told to the server.
            try await self.setVerified(flow.user, master: master)
            try await self.sign(master: master, of: flow.user)
            self.tell(flow, "\(flow.user) is verified.")
        } catch {
            self.logger.warning("The verification of \(flow.user) could not be completed: \(error)")
            self.tell(flow, "\(flow.user) is verified, but the homeserver has not taken the signature: \(error).")
        }
    }

    /// Signs a person's master key, for the bot's other devices and its next ones.
    private func sign(master: String, of user: String) async throws {
        guard user != self.user, let key = try await self.userSigningKey() else { return }
        let answer = try await self.ask(.queryKeys(of: [user]))
        let shown = MatrixUserKeys(user: user, answer: answer)
        guard
            let body = MatrixCrossSigning.signature(
                ofMaster: master, in: shown, signer: self.user, by: key)
        else { return }
        _ = try await self.ask(.uploadSignatures(body))
    }

    // MARK: People

    /// Performs the command `verify`. Returns Markdown.
    ///
    /// - Parameters:
    ///   - user: who sends it, if it came over this connection.
    ///   - room: where, if it came over this connection.
    func command(_ argument: String, by user: String?, in room: String?) async -> String {
        self.prepareVerification()
        guard self.verification != nil else {
            return "The encryption of this account is not ready yet; `status` shows what is wrong."
        }
        let words = argument.split(separator: " ").map(String.init)
        switch words.first {
        case "yes", "no": return await self.decide(isSame: words.first == "yes", in: room)
        case "trust": return await self.accept(words.last ?? "")
        case .some(let person): return await self.beginVerification(of: person, in: nil)
        case nil:
            if let user, let room { return await self.beginVerification(of: user, in: room) }
            guard !self.comparisons.isEmpty else {
                return "No verification waits. Begin one in your Matrix app, or with `verify USER`."
            }
            return self.comparisons.map { Self.comparisonText($0.flow, $0.text) }.joined(separator: "\n\n")
        }
    }

    private func decide(isSame: Bool, in room: String?) async -> String {
        let here = self.comparisons.filter { $0.flow.place == room.map { .room($0) } }
        guard let comparison = here.last ?? self.comparisons.last else {
            return "No comparison waits for an answer. Begin with `verify`, or in your Matrix app."
        }
        self.comparisons.removeAll { $0.flow.id == comparison.flow.id }
        if isSame {
            await self.perform(self.verification?.confirm(comparison.flow) ?? [])
            return "Noted: the emoji are the same. \(comparison.flow.user) is verified as soon as their app agrees."
        }
        await self.perform(self.verification?.mismatch(comparison.flow) ?? [])
        return
            "Noted: the emoji differ, so the verification has ended. Somebody may be reading along; begin again over "
            + "another network."
    }

    private func accept(_ user: String) async -> String {
        do {
            try await self.refresh([user])
            guard let person = self.people[user], let master = person.master else {
                return "\(user) has no identity that could be accepted, or is not known here."
            }
            try await self.setVerified(user, master: master)
            return "The present identity of \(user) is accepted."
        } catch {
            return "The identity could not be stored: \(error)."
        }
    }

    private func beginVerification(of user: String, in room: String?) async -> String {
        guard user.hasPrefix("@"), user.contains(":") else {
            return "`\(user)` is not a Matrix user id such as `@alice:example.org`."
        }
        do {
            try await self.refresh([user])
        } catch {
            return "The devices of \(user) could not be asked for: \(error)."
        }
        guard let keys = try? await self.keys(of: user), !keys.devices.isEmpty else {
            return "\(user) has no device with encryption."
        }
        let place = (room ?? self.directRoom(with: user)).map { MatrixVerificationFlow.Place.room($0) } ?? .toDevice
        guard
            let (_, actions) = self.verification?.begin(
                with: keys, in: place, devices: keys.devices.filter(\.isCrossSigned).map(\.id), at: AdapterTime.now)
        else { return "The verification could not begin." }
        await self.perform(actions)
        return "Asked \(user) to compare emoji. Accept it in the app; the emoji appear here then."
    }

    /// The encrypted room with this person alone, of several the one where the bot began to write last.
    private func directRoom(with user: String) -> String? {
        self.rooms.filter { $0.value.knowsMembers && Set($0.value.members.keys) == [self.user, user] }.keys.sorted()
            .max { self.outbound[$0]?.createdAt ?? 0 < self.outbound[$1]?.createdAt ?? 0 }
    }

    private static func comparisonText(_ flow: MatrixVerificationFlow, _ text: MatrixShortString) -> String {
        let shown =
            text.emoji.isEmpty
            ? text.decimals.map(String.init).joined(separator: " – ")
            : text.emoji.map { "\($0.symbol) \($0.name)" }.joined(separator: ", ")
        return "**Compare with the app of \(flow.user):** \(shown)\n\nAn owner answers `verify yes` if they are the "
            + "same, `verify no` if not — here, or where nobody who runs the homeserver reads along."
    }

    /// Says something about a verification where it takes place, or in a room with the person.
    private func tell(_ flow: MatrixVerificationFlow, _ text: String) {
        let room: String? =
            if case .room(let room) = flow.place { room } else { self.directRoom(with: flow.user) }
        guard let room else { return }
        self.notices.continuation.yield(
            MatrixKeyNotice(
                room: room, thread: nil, text: text.replacing("`verify", with: "`!verify"),
                name: "verification \(self.nextNumber())", event: nil))
    }

    /// Not used before, in this run or another.
    private func nextNumber() -> String {
        self.numbers += 1
        return "\(self.clock())-\(self.numbers)"
    }
}
