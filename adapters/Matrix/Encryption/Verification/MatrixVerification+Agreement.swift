internal import Crypto
internal import JSON
internal import Olm

/// The comparison itself: agreement, commitment, and the proof of the keys.
extension MatrixVerification {
    private static let protocols: [JSON] = ["curve25519-hkdf-sha256"]
    private static let hashes: [JSON] = ["sha256"]
    private static let texts: [JSON] = ["emoji", "decimal"]
    private static let macs: [(name: String, method: OlmSAS.MACMethod)] = [
        ("hkdf-hmac-sha256.v2", .hkdfV2), ("hkdf-hmac-sha256", .hkdf),
    ]

    // MARK: Agreement

    mutating func start(_ attempt: Attempt) {
        var attempt = attempt
        let content: JSONObject = [
            "from_device": .string(self.device), "method": "m.sas.v1",
            "key_agreement_protocols": .array(Self.protocols), "hashes": .array(Self.hashes),
            "message_authentication_codes": .array(Self.macs.map { .string($0.name) }),
            "short_authentication_string": .array(Self.texts),
        ]
        attempt.start = Self.bound(content, attempt)
        attempt.isStartOurs = true
        attempt.startsAt = nil
        attempt.stage = .started
        self.store(attempt)
        self.send("start", content, attempt)
    }

    mutating func handleStart(_ event: MatrixVerificationEvent, _ attempt: Attempt) {
        guard event.content["from_device"]?.stringValue == attempt.flow.device else {
            if event.place == .toDevice { self.end(attempt.flow, .unexpectedMessage) }
            return
        }
        let isSame = event.content["method"]?.stringValue == "m.sas.v1"
        if attempt.stage == .started {
            guard isSame else { return self.end(attempt.flow, .unexpectedMessage) }
            // Both began at once: the smaller id counts.
            if self.isSmaller(than: attempt.flow) { return }
        }
        guard isSame else { return self.end(attempt.flow, .unknownMethod) }
        var attempt = attempt
        attempt.start = event.content
        self.acceptStart(attempt)
    }

    private func isSmaller(than flow: Flow) -> Bool {
        let (own, other) =
            flow.user == self.user ? (self.device, flow.device ?? "") : (self.user, flow.user)
        return own.utf8.lexicographicallyPrecedes(other.utf8)
    }

    /// Accepts the other side's beginning: chooses among what it offers, and commits to a key.
    mutating func acceptStart(_ attempt: Attempt) {
        let offers = { (list: String, name: JSON) in attempt.start[list]?.arrayValue?.contains(name) == true }
        let texts = Self.texts.filter { offers("short_authentication_string", $0) }
        guard let mac = Self.macs.first(where: { offers("message_authentication_codes", .string($0.name)) }),
            offers("key_agreement_protocols", Self.protocols[0]), offers("hashes", Self.hashes[0]), !texts.isEmpty
        else { return self.end(attempt.flow, .unknownMethod) }
        var attempt = attempt
        let sas = OlmSAS()
        attempt.sas = sas
        attempt.isStartOurs = false
        attempt.startsAt = nil
        attempt.macMethod = mac.method
        attempt.hasEmoji = texts.contains("emoji")
        attempt.stage = .accepted
        self.store(attempt)
        self.send(
            "accept",
            [
                "method": "m.sas.v1", "key_agreement_protocol": Self.protocols[0], "hash": Self.hashes[0],
                "message_authentication_code": .string(mac.name), "short_authentication_string": .array(texts),
                "commitment": .string(Self.commitment(to: sas.publicKey, attempt.start)),
            ], attempt)
    }

    private static func commitment(to key: String, _ start: JSON) -> String {
        base64Unpadded(sha256(Array(key.utf8) + start.matrixCanonicalBytes))
    }

    mutating func handleAccept(_ event: MatrixVerificationEvent, _ attempt: Attempt) {
        let content = event.content
        guard let commitment = content["commitment"]?.stringValue,
            let texts = content["short_authentication_string"]?.arrayValue
        else { return self.end(attempt.flow, .invalidMessage) }
        guard let name = content["message_authentication_code"]?.stringValue,
            let mac = Self.macs.first(where: { $0.name == name }), content["hash"] == Self.hashes[0],
            content["key_agreement_protocol"] == Self.protocols[0], Self.texts.contains(where: texts.contains)
        else { return self.end(attempt.flow, .unknownMethod) }
        var attempt = attempt
        let sas = OlmSAS()
        attempt.sas = sas
        attempt.commitment = commitment
        attempt.macMethod = mac.method
        attempt.hasEmoji = texts.contains("emoji")
        attempt.stage = .keySent
        self.store(attempt)
        self.send("key", ["key": .string(sas.publicKey)], attempt)
    }

    mutating func handleKey(_ event: MatrixVerificationEvent, _ attempt: Attempt) {
        guard let sas = attempt.sas, let key = event.content["key"]?.stringValue, MatrixDeviceKeys.isKey(key) else {
            return self.end(attempt.flow, .invalidMessage)
        }
        if attempt.isStartOurs, Self.commitment(to: key, attempt.start) != attempt.commitment {
            return self.end(attempt.flow, .mismatchedCommitment)
        }
        do { try sas.agree(with: key) } catch { return self.end(attempt.flow, .invalidMessage) }
        var attempt = attempt
        attempt.theirKey = key
        attempt.stage = .comparing
        self.store(attempt)
        if !attempt.isStartOurs { self.send("key", ["key": .string(sas.publicKey)], attempt) }
        let bytes = sas.bytes(info: self.shortStringInfo(attempt, own: sas.publicKey), count: 6)
        self.actions.append(.show(attempt.flow, MatrixShortString(bytes, hasEmoji: attempt.hasEmoji)))
    }

    /// "SAS HKDF calculation": the side that began comes first.
    private func shortStringInfo(_ attempt: Attempt, own key: String) -> String {
        let ours = "\(self.user)|\(self.device)|\(key)"
        let theirs = "\(attempt.flow.user)|\(attempt.flow.device ?? "")|\(attempt.theirKey)"
        let (first, second) = attempt.isStartOurs ? (ours, theirs) : (theirs, ours)
        return "MATRIX_KEY_VERIFICATION_SAS|\(first)|\(second)|\(attempt.transaction ?? "")"
    }

    // MARK: Proof

    mutating func sendMAC(_ attempt: Attempt) {
        guard let sas = attempt.sas else { return }
        var attempt = attempt
        let info = Self.macInfo(
            from: (self.user, self.device), to: (attempt.flow.user, attempt.flow.device ?? ""), attempt)
        var macs: JSONObject = [:]
        for (id, key) in [(self.device, self.ed25519)] + (self.masterKey.map { [($0, $0)] } ?? []) {
            let id = "ed25519:\(id)"
            macs[id] = .string(sas.mac(key, info: info + id, attempt.macMethod))
        }
        let list = sas.mac(Self.list(macs), info: info + "KEY_IDS", attempt.macMethod)
        attempt.stage = .confirmed
        self.store(attempt)
        self.send("mac", ["mac": .object(macs), "keys": .string(list)], attempt)
        if let theirs = attempt.theirMAC { self.check(theirs, attempt) }
    }

    /// "MAC calculation": the key's id follows.
    private static func macInfo(
        from sender: (user: String, device: String), to receiver: (user: String, device: String), _ attempt: Attempt
    ) -> String {
        "MATRIX_KEY_VERIFICATION_MAC\(sender.user)\(sender.device)\(receiver.user)\(receiver.device)"
            + (attempt.transaction ?? "")
    }

    private static func list(_ macs: JSONObject) -> String {
        macs.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ",")
    }

    mutating func handleMAC(_ event: MatrixVerificationEvent, _ attempt: Attempt) {
        guard attempt.theirMAC == nil else { return self.end(attempt.flow, .unexpectedMessage) }
        if attempt.stage == .confirmed { return self.check(event.content, attempt) }
        // Nothing is proved before the people here have compared.
        var attempt = attempt
        attempt.theirMAC = event.content
        self.store(attempt)
    }

    private mutating func check(_ content: JSON, _ attempt: Attempt) {
        guard let sas = attempt.sas, let macs = content["mac"]?.objectValue, let list = content["keys"]?.stringValue
        else { return self.end(attempt.flow, .invalidMessage) }
        let info = Self.macInfo(
            from: (attempt.flow.user, attempt.flow.device ?? ""), to: (self.user, self.device), attempt)
        let isRight = { (input: String, id: String, mac: String) in
            constantTimeEqual(sas.mac(input, info: info + id, attempt.macMethod), mac)
        }
        guard isRight(Self.list(macs), "KEY_IDS", list) else { return self.end(attempt.flow, .keyMismatch) }
        var (device, master): (MatrixDeviceKeys?, String?)
        for (id, mac) in macs {
            // Ids of devices and master keys share a namespace, so both are compared by the key itself.
            let known: String?
            switch id {
            case "ed25519:\(attempt.device?.id ?? "")":
                device = attempt.device
                known = device?.ed25519
            case "ed25519:\(attempt.master ?? "")":
                master = attempt.master
                known = master
            // A key that is not known here is not proved here.
            default: continue
            }
            guard let known, let mac = mac.stringValue, isRight(known, id, mac) else {
                return self.end(attempt.flow, .keyMismatch)
            }
        }
        guard device != nil || master != nil else { return self.end(attempt.flow, .keyMismatch) }
        var attempt = attempt
        attempt.stage = .done
        self.store(attempt)
        self.actions.append(.verified(attempt.flow, device: device, masterKey: master))
        self.send("done", [:], attempt)
    }
}
