internal import Crypto
package import JSON

/// What this host keeps of the account's identity. It holds private keys: it is stored encrypted, and as a whole.
package struct MatrixIdentityRecord: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// A reset that the server may not know yet.
    struct Reset: Sendable, Equatable {
        var master: [UInt8]
        var selfSigning: [UInt8]
        var userSigning: [UInt8]
        var backupKey: [UInt8]
        /// nil if no file is configured to hold it.
        var recoveryKey: [UInt8]?
    }

    /// The public master key that is this account's: another one on the server was not made here.
    package internal(set) var masterKey: String?
    /// Private keys of 32 bytes. The master key's is here only until a recovery key opens it on the server.
    var master: [UInt8]?
    var selfSigning: [UInt8]?
    var userSigning: [UInt8]?
    var backupKey: [UInt8]?
    var backupVersion: String?
    var reset: Reset?
    /// The recovery key of a reset, until it is in its file and opens what is on the server.
    var recoveryKey: [UInt8]?
    /// After a reset: what the server stores belongs to the old identity.
    var replacesStorage = false
    var replacesBackup = false

    package init() {}

    package var description: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }

    /// The backup that this host writes and reads; nil while there is none.
    package var backup: MatrixKeyBackup? {
        guard let version = self.backupVersion, let key = self.backupKey, !self.replacesBackup else { return nil }
        return MatrixKeyBackup(version: version, privateKey: key)
    }

    // MARK: As JSON

    package init(_ json: JSON) {
        let bytes = { (json: JSON?) in Self.bytes(json) }
        self.masterKey = json["master_key"]?.stringValue
        self.master = bytes(json["master"])
        self.selfSigning = bytes(json["self_signing"])
        self.userSigning = bytes(json["user_signing"])
        self.backupKey = bytes(json["backup"])
        self.backupVersion = json["backup_version"]?.stringValue
        self.recoveryKey = bytes(json["recovery_key"])
        self.replacesStorage = json["replaces_storage"]?.boolValue ?? false
        self.replacesBackup = json["replaces_backup"]?.boolValue ?? false
        if let reset = json["reset"], let master = bytes(reset["master"]),
            let selfSigning = bytes(reset["self_signing"]), let userSigning = bytes(reset["user_signing"]),
            let backupKey = bytes(reset["backup"])
        {
            self.reset = Reset(
                master: master, selfSigning: selfSigning, userSigning: userSigning, backupKey: backupKey,
                recoveryKey: bytes(reset["recovery_key"]))
        }
    }

    package var json: JSON {
        var object: JSONObject = [:]
        object["master_key"] = self.masterKey.map { .string($0) }
        object["master"] = Self.json(self.master)
        object["self_signing"] = Self.json(self.selfSigning)
        object["user_signing"] = Self.json(self.userSigning)
        object["backup"] = Self.json(self.backupKey)
        object["backup_version"] = self.backupVersion.map { .string($0) }
        object["recovery_key"] = Self.json(self.recoveryKey)
        if self.replacesStorage { object["replaces_storage"] = true }
        if self.replacesBackup { object["replaces_backup"] = true }
        if let reset {
            var nested: JSONObject = [:]
            nested["master"] = Self.json(reset.master)
            nested["self_signing"] = Self.json(reset.selfSigning)
            nested["user_signing"] = Self.json(reset.userSigning)
            nested["backup"] = Self.json(reset.backupKey)
            nested["recovery_key"] = Self.json(reset.recoveryKey)
            object["reset"] = .object(nested)
        }
        return .object(object)
    }

    private static func json(_ bytes: [UInt8]?) -> JSON? { bytes.map { .string(base64Unpadded($0)) } }

    private static func bytes(_ json: JSON?) -> [UInt8]? {
        guard let bytes = json?.stringValue.flatMap({ decodeUnpaddedBase64($0) }), bytes.count == 32 else {
            return nil
        }
        return bytes
    }

    // MARK: Keys

    /// All three private keys are here.
    func crossSigning(user: String) -> MatrixCrossSigning? {
        guard let master, let selfSigning, let userSigning else { return nil }
        return MatrixCrossSigning(user: user, master: master, selfSigning: selfSigning, userSigning: userSigning)
    }

    /// The reset happened: its keys are the account's.
    mutating func adopt(_ reset: Reset) {
        self.masterKey = MatrixCrossSigning.publicKey(of: reset.master)
        self.master = reset.master
        self.selfSigning = reset.selfSigning
        self.userSigning = reset.userSigning
        self.backupKey = reset.backupKey
        self.backupVersion = nil
        self.recoveryKey = reset.recoveryKey
        self.replacesStorage = true
        self.replacesBackup = true
        self.reset = nil
    }
}
