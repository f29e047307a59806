internal import JSON
package import Kit

extension MatrixVerification {
    /// Takes a message of a verification.
    ///
    /// - Parameter keys: the sender's, as they are known now: ask the server before if the device that the content names
    ///   is not among them.
    package mutating func handle(
        _ event: MatrixVerificationEvent, keys: MatrixUserKeys, at now: AdapterTime
    ) -> [Action] {
        self.now = now
        guard keys.user == event.sender, let transaction = event.transaction, !transaction.isEmpty,
            transaction.utf8.count <= 255
        else { return [] }
        if case .room = event.place, event.sender == self.user {
            self.handleOwn(event, transaction)
        } else if let attempt = self.attempt(of: event, transaction) {
            self.handle(event, attempt, keys)
        } else {
            self.handleNew(event, transaction, keys)
        }
        return self.takeActions()
    }

    func attempt(of event: MatrixVerificationEvent, _ transaction: String) -> Attempt? {
        self.attempts.first {
            $0.transaction == transaction && $0.flow.place == event.place && $0.flow.user == event.sender
        }
    }

    /// In a room every device of an account sees all: what another own device takes is no longer for this one.
    private mutating func handleOwn(_ event: MatrixVerificationEvent, _ transaction: String) {
        guard event.type == MatrixVerificationEvent.prefix + "ready" || event.type.hasSuffix(".cancel"),
            let attempt = self.attempts.first(where: { $0.transaction == transaction && $0.flow.place == event.place }),
            attempt.stage == .offered
        else { return }
        self.end(attempt.flow, .accepted, tellsPeer: false)
    }

    // MARK: Beginnings

    private mutating func handleNew(
        _ event: MatrixVerificationEvent, _ transaction: String, _ keys: MatrixUserKeys
    ) {
        switch event.type.dropFirst(MatrixVerificationEvent.prefix.count) {
        case "request": self.handleRequest(event, transaction, keys)
        case "start": self.handleBareStart(event, transaction, keys)
        case "cancel": break
        default:
            // In a room it may be a matter of other devices.
            guard event.place == .toDevice, self.ended[Self.key(event.sender, transaction)] == nil else { return }
            self.refuse(event, transaction, .unknownTransaction)
        }
    }

    /// Cancels what is no verification here.
    private mutating func refuse(_ event: MatrixVerificationEvent, _ transaction: String, _ code: Code) {
        guard event.place == .toDevice else { return }
        self.ended[Self.key(event.sender, transaction)] = true
        var content = code.content
        content["transaction_id"] = .string(transaction)
        self.actions.append(
            .sendToDevice(
                type: MatrixVerificationEvent.prefix + "cancel", user: event.sender,
                messages: [event.content["from_device"]?.stringValue ?? "*": .object(content)]))
    }

    private mutating func handleRequest(
        _ event: MatrixVerificationEvent, _ transaction: String, _ keys: MatrixUserKeys
    ) {
        if case .room = event.place, event.content["to"]?.stringValue != self.user { return }
        let time = event.time ?? event.content["timestamp"]?.intValue.map { Int64($0) }
        // Older requests, or those of a wrong clock, are ignored (description of the event).
        guard let time, (-Self.patience...300_000).contains(time - self.now.wall),
            let attempt = self.offer(event, transaction, keys, .offered, began: self.now.wall - time)
        else { return }
        guard event.content["methods"]?.arrayValue?.contains("m.sas.v1") == true else {
            // Another device may know a method; if it is only this one, people see that nothing comes of it.
            return
        }
        self.attempts.append(attempt)
        self.actions.append(.asked(attempt.flow))
    }

    /// Old clients begin without asking, between devices only.
    private mutating func handleBareStart(
        _ event: MatrixVerificationEvent, _ transaction: String, _ keys: MatrixUserKeys
    ) {
        guard event.place == .toDevice, self.ended[Self.key(event.sender, transaction)] == nil else { return }
        guard event.content["method"]?.stringValue == "m.sas.v1" else {
            return self.refuse(event, transaction, .unknownMethod)
        }
        guard var attempt = self.offer(event, transaction, keys, .offeredStart, began: 0) else {
            return self.refuse(event, transaction, .keyMismatch)
        }
        attempt.start = event.content
        self.attempts.append(attempt)
        self.actions.append(.asked(attempt.flow))
    }

    /// nil if the sender's device is not known or asks too much.
    private mutating func offer(
        _ event: MatrixVerificationEvent, _ transaction: String, _ keys: MatrixUserKeys, _ stage: Attempt.Stage,
        began: Int64
    ) -> Attempt? {
        guard let id = event.content["from_device"]?.stringValue, let device = keys.device(id),
            device.user != self.user || device.id != self.device
        else { return nil }
        let others = self.attempts.filter { $0.flow.user == event.sender && $0.flow.device == id && $0.stage != .done }
        var attempt = self.attempt(
            self.newFlow(event.place, event.sender, device: id), stage, began: began)
        attempt.transaction = transaction
        attempt.master = keys.master
        attempt.device = device
        if !others.isEmpty {
            // "When the same device attempts to initiate multiple verification attempts, the recipient should cancel
            // all attempts with that device."
            for other in others { self.end(other.flow, .unexpectedMessage) }
            self.send("cancel", ["code": .string(Code.unexpectedMessage.rawValue)], attempt)
            self.ended[Self.key(event.sender, transaction)] = true
            return nil
        }
        return self.attempts.count < Self.limit ? attempt : nil
    }

    // MARK: A verification in progress

    private mutating func handle(_ event: MatrixVerificationEvent, _ attempt: Attempt, _ keys: MatrixUserKeys) {
        switch (event.type.dropFirst(MatrixVerificationEvent.prefix.count), attempt.stage) {
        case ("cancel", .done): self.forget(attempt)
        case ("cancel", _):
            self.forget(attempt)
            // The others that were asked are still waiting.
            if attempt.flow.device == nil, attempt.devices.count > 1 {
                self.send("cancel", Code.user.content, attempt)
            }
            self.actions.append(
                .cancelled(attempt.flow, MatrixVerificationCancellation(theirs: event.content)))
        case ("ready", .requested): self.handleReady(event, attempt, keys)
        // Another device.
        case ("ready", _) where event.content["from_device"]?.stringValue != attempt.flow.device: break
        case ("start", .ready), ("start", .started): self.handleStart(event, attempt)
        // Another device may have answered the request: this one did not.
        case ("start", .offered) where event.place != .toDevice: self.forget(attempt)
        case ("accept", .started): self.handleAccept(event, attempt)
        case ("key", .accepted), ("key", .keySent): self.handleKey(event, attempt)
        case ("mac", .comparing), ("mac", .confirmed): self.handleMAC(event, attempt)
        case ("done", .done): self.forget(attempt)
        // Unknown steps of later versions.
        case ("request", _), ("ready", _), ("start", _), ("accept", _), ("key", _), ("mac", _), ("done", _):
            self.end(attempt.flow, .unexpectedMessage)
        default: break
        }
    }

    private mutating func handleReady(
        _ event: MatrixVerificationEvent, _ attempt: Attempt, _ keys: MatrixUserKeys
    ) {
        guard let id = event.content["from_device"]?.stringValue else {
            return self.end(attempt.flow, .invalidMessage)
        }
        if event.place == .toDevice, !attempt.devices.contains(id) { return self.end(attempt.flow, .unexpectedMessage) }
        var attempt = attempt
        attempt.flow.device = id
        let others = attempt.devices.filter { $0 != id }
        if !others.isEmpty {
            self.send("cancel", Code.accepted.content, to: others, attempt)
        }
        self.store(attempt)
        guard let device = keys.device(id), keys.master == attempt.master else {
            return self.end(attempt.flow, .keyMismatch)
        }
        attempt.device = device
        guard event.content["methods"]?.arrayValue?.contains("m.sas.v1") == true else {
            return self.end(attempt.flow, .unknownMethod)
        }
        attempt.stage = .ready
        self.store(attempt)
        self.start(attempt)
    }
}
