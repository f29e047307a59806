package import Chat
internal import Crypto
internal import Database
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

/// Connects ``MatrixEncryption`` with the rest of the adapter.
extension MatrixAdapter {
    /// How long a key may come after its message before the sender is told.
    private static let noticeDelay: Duration = .seconds(5)

    /// Opens the keys; nil refuses encrypted rooms. Waits for a store that hosts share: without an answer from it, nobody
    /// knows whether there are keys.
    func openEncryption() async throws -> MatrixEncryption? {
        guard let keys = self.keys else { return nil }
        let store = try await persistently(longest: .seconds(5)) {
            try await keys.open()
        } mayRetry: { error, failures, _ in
            let waits = keys.isShared && !(error is MatrixKeyStoreError) && !(error is any NetworkGone)
            if waits {
                self.logger.log(failures == 1 ? .info : .warning, "The encryption keys cannot be read yet: \(error)")
            } else {
                self.logger.error("Encrypted rooms cannot be used: \(error)")
            }
            return waits
        }
        guard let store else { return nil }
        let encryption = MatrixEncryption(
            user: self.settings.user, settings: self.settings.encryption, store: store,
            call: { [transport, state] request in
                // Another host has the device: what this one knows of its keys is old.
                guard store.isHeld else {
                    return .failed("another host serves this account now", mayHaveArrived: false)
                }
                let token = state.withLock { $0.machine.token }
                return try await transport.send(request, token: token)
            }, logger: self.logger,
            mayTalk: { [weak self] user, room in await self?.mayTalk(user, in: room) ?? false })
        self.encryption.withLock { $0 = encryption }
        return encryption
    }

    func closeEncryption() async {
        let encryption = self.encryption.withLock { $0.take() }
        await encryption?.close()
    }

    /// Opens the device's keys; returns why the device has to be replaced, or nil.
    func openKeys(of device: String) async throws -> String? {
        guard let encryption = self.encryption.withLock({ $0 }) else { return nil }
        let opening = try await persistently(longest: .seconds(60)) {
            let opening = try await encryption.open(device: device)
            guard case .ready = opening else { return opening }
            do {
                try await encryption.publish()
            } catch let error as MatrixCallError where error.refusal?.isKeyConflict == true {
                return .needsNewDevice("its key database is an old copy")
            }
            return opening
        } mayRetry: { error, failures, _ in
            self.logger.log(failures == 1 ? .info : .warning, "The encryption keys are not ready: \(error); retrying")
            // A token that does not work is the main line's business; other refusals do not pass by waiting.
            guard let refusal = (error as? MatrixCallError)?.refusal else { return true }
            return refusal.isPassing || refusal.isRateLimit || refusal.isStray
        }
        guard let opening else {
            let trouble = "Encrypted rooms cannot be used: the homeserver refuses the bot's keys; see the log"
            self.state.withLock { $0.machine.keyTrouble = trouble }
            return nil
        }
        guard case .needsNewDevice(let reason) = opening else {
            await self.setUpIdentity(of: encryption)
            return nil
        }
        try await self.leaveDevice()
        return reason
    }

    /// Signs a device out that gets a successor: left on the server, it would get keys of every message for ever.
    private func leaveDevice() async throws {
        guard case .password = self.settings.credential else { return }
        let token = self.state.withLock { $0.machine.token }
        _ = try await self.transport.send(.logout, token: token)
    }

    /// Looks after the account's identity; what does not work now is tried again later.
    func setUpIdentity(of encryption: MatrixEncryption) async {
        do {
            let password: Secret? = if case .password(let password) = self.settings.credential { password } else { nil }
            try await encryption.setUpIdentity(password: password)
            await encryption.prepareVerification()
            let trouble = await encryption.trouble
            if let trouble { self.logger.warning("Encryption: \(trouble)") }
            self.state.withLock { $0.machine.keyTrouble = trouble.map { "Encryption: \($0)" } }
        } catch {
            self.logger.info("The account's identity for encryption is not ready: \(error); retrying in a minute")
            await encryption.begin(.identity)
        }
    }

    /// Handles an answer on the main line, with the encrypted events in it.
    func receive(
        _ answer: MatrixAnswer, to purpose: MatrixRequest.Purpose
    ) async throws -> [MatrixStateMachine.Action] {
        let opened = try await self.open(answer, to: purpose)
        switch opened.loss {
        case nil: return self.handle(.answer(purpose, answer, opened: opened))
        case .superseded(let reason):
            guard self.keys?.isShared == true else { return self.handle(.superseded(reason, isExpected: false)) }
            return self.handle(
                .superseded(
                    "Another host of the cluster has the connection. If none has it: \(reason)", isExpected: true))
        case .device(let reason):
            try await self.leaveDevice()
            let actions = self.handle(.deviceLost(reason))
            // With an access token there is no new login, and rooms without encryption are served on.
            guard self.state.withLock({ $0.machine.isSignedIn }) else { return actions }
            return actions + self.handle(.answer(purpose, answer, opened: opened))
        }
    }

    private func open(_ answer: MatrixAnswer, to purpose: MatrixRequest.Purpose) async throws -> MatrixOpened {
        guard case .success(let json) = answer, let encryption = self.encryption.withLock({ $0 }) else { return .none }
        let opened = try await persistently(longest: .seconds(20)) { () -> MatrixOpened in
            switch purpose {
            case .sync(let since): return try await encryption.receive(json, since: since)
            case .gap(let room):
                var opened = MatrixOpened()
                opened.events = try await encryption.open(MatrixEvent.list(json["chunk"]), in: room)
                return opened
            default: return .none
            }
        } mayRetry: { error, _, _ in
            self.logger.warning("Encrypted events could not be read; retrying", ["error": .string("\(error)")])
            return true
        }
        if case .sync = purpose { self.state.withLock { $0.opened = opened ?? .none } }
        return opened ?? .none
    }

    /// The events of the present sync were delivered.
    func settle() async throws {
        guard let encryption = self.encryption.withLock({ $0 }) else { return }
        let opened = self.state.withLock { $0.opened }
        try await persistently(longest: .seconds(20)) {
            try await encryption.finishSync(opened)
        } mayRetry: { _, _, _ in
            true
        }
    }

    // MARK: Sending

    func seal(_ outgoing: MatrixOutgoing) async throws -> MatrixSealed {
        guard let encryption = self.encryption.withLock({ $0 }), case .event(let type, let content) = outgoing.kind
        else {
            throw AdapterError(.disconnected, "The encryption of this account is not ready; try again later")
        }
        do {
            return try await encryption.seal(
                room: outgoing.room, type: type.rawValue, content: content, transaction: outgoing.transaction)
        } catch let error as MatrixCallError {
            guard let refusal = error.refusal else { throw AdapterError(.disconnected, error.description) }
            throw MatrixStateMachine.error(refusal, room: outgoing.room, isCertain: true)
        } catch let error as MatrixKeyStoreError {
            throw AdapterError(.disconnected, error.description)
        } catch let error as DatabaseError {
            throw AdapterError(.disconnected, error.description)
        } catch let error as any NetworkGone {
            throw AdapterError(.disconnected, "\(error)")
        }
    }

    /// The server has the event, or refused this form of it.
    func forget(_ outgoing: MatrixOutgoing) async {
        guard self.state.withLock({ $0.machine.mustEncrypt(outgoing) }) else { return }
        await self.encryption.withLock({ $0 })?.forget(transaction: outgoing.transaction)
    }

    /// One of the bot's own events, decrypted if it is encrypted and can be read.
    func openOwn(_ event: MatrixEvent, in room: String) async -> MatrixEvent {
        guard event.type == .encrypted, let encryption = self.encryption.withLock({ $0 }) else { return event }
        return await encryption.openOwn(event, in: room) ?? event
    }

    // MARK: Aside

    func runErrands(of encryption: MatrixEncryption) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await errand in encryption.errands.stream {
                // One at a time but for the order: each is short, and the server limits them anyway.
                group.addTask {
                    guard errand == .identity else { return await encryption.run(errand) }
                    try await Task.sleep(for: .seconds(60))
                    await self.setUpIdentity(of: encryption)
                }
            }
            try Task.checkCancellation()
        }
    }

    /// Sends the verification events for rooms, in order.
    func sendVerifications(of encryption: MatrixEncryption) async throws {
        for await message in encryption.roomMessages.stream {
            do {
                let event = try await self.transmit(
                    MatrixOutgoing(
                        room: message.room, kind: .event(MatrixEventType(rawValue: message.type), message.content),
                        transaction: "verify-\(hex(randomBytes(12)))"))
                await encryption.verificationSent(message.flow, event: event)
            } catch {
                self.logger.info("A message of a verification could not be sent", ["error": .string("\(error)")])
            }
        }
        try Task.checkCancellation()
    }

    func sayNotices(of encryption: MatrixEncryption) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await notice in encryption.notices.stream {
                group.addTask { await self.say(notice, of: encryption) }
            }
            try Task.checkCancellation()
        }
    }

    /// Strangers get no answers about encryption either, unless they may pair, which is done in direct conversations.
    private func mayTalk(_ user: String, in room: String) async -> Bool {
        guard let mayInvite = self.mayInvite else { return true }
        let (sender, mayBeDirect) = self.state.withLock { state in
            // What a room is that the bot has just joined, the sync tells that is being read.
            (state.machine.sender(user), state.machine.memory.rooms[room] == nil || state.machine.isDirect(room))
        }
        if await mayInvite(sender) { return true }
        guard mayBeDirect else { return false }
        return await self.mayPair?() ?? false
    }

    private func say(_ notice: MatrixKeyNotice, of encryption: MatrixEncryption) async {
        do {
            if let user = notice.user, await !self.mayTalk(user, in: notice.room) { return }
            if notice.text == nil { try await Task.sleep(for: Self.noticeDelay) }
            guard let text = try await encryption.take(notice) else { return }
            let markup = String(decoding: self.renderer.render(text).bytes, as: UTF8.self)
            let relation = notice.thread.map { MatrixContent.Relation.thread(root: $0, latest: $0) } ?? .none
            let token = "notice-\(Self.digest(notice.room + notice.name))"
            _ = try await self.transmit(
                MatrixOutgoing(
                    room: notice.room,
                    kind: .event(.message, MatrixContent.message(markup, token: token, relation: relation)),
                    transaction: token, thread: notice.thread))
        } catch {
            self.logger.info("A notice about encryption could not be sent", ["error": .string("\(error)")])
        }
    }
}

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
