package import Chat

// Change: whose devices count on Matrix, what `doctor` says
/// What people read about a connection's encryption, in `doctor` and `jetbridge matrix status`. Pure.
package enum MatrixKeyFindings {
    /// Seconds. Messages carry times, and a wrong clock makes verifications expire at once.
    private static let clockTolerance = 60

    package static func findings(of status: MatrixKeyStatus) -> [AdapterFinding] {
        guard status.settings.isEnabled else {
            return [.ok("Encryption is off: the bot keeps out of encrypted rooms")]
        }
        let findings = [
            self.device(status), self.signature(status), self.trust(status.settings.trust), self.recoveryKey(status),
            self.backup(status), self.oneTimeKeys(status), self.undecryptable(status), self.clock(status),
        ]
        return findings.compactMap { $0 } + status.changedPeople.map(self.changed)
            + (status.problem.map { [.warning($0)] } ?? [])
    }

    private static func device(_ status: MatrixKeyStatus) -> AdapterFinding? {
        guard status.hasDatabase else {
            return .warning("There are no encryption keys at \(status.database): the next start makes a new device")
        }
        return status.device.map { device in
            .ok("Device \(device)" + (status.fingerprint.map { ", fingerprint \($0.inFours)" } ?? ""))
        }
    }

    private static func signature(_ status: MatrixKeyStatus) -> AdapterFinding? {
        switch status.isSigned {
        case nil: return nil
        case true: return .ok("The device is signed by the account's identity")
        case false:
            return .failed(
                "The device is not signed by the account's identity, so clients such as Element send it no keys; stop "
                    + "\(self.hosts(status)) and run 'jetbridge matrix reset', which needs the account's password")
        }
    }

    private static func trust(_ trust: MatrixEncryptionSettings.Trust) -> AdapterFinding {
        let whose =
            switch trust {
            case .any: "every device of the people in a room"
            case .crossSigned: "only devices that their owners have signed"
            case .verified: "only signed devices of people who were verified"
            }
        return .ok("Trust \(trust.rawValue): \(whose) can read the bot's messages and be answered")
    }

    /// Who must not use the keys while the identity is replaced.
    private static func hosts(_ status: MatrixKeyStatus) -> String { status.isShared ? "all hosts" : "the host" }

    // MARK: What survives a lost data directory

    private static func recoveryKey(_ status: MatrixKeyStatus) -> AdapterFinding? {
        switch status.recoveryKey {
        case .notConfigured:
            return .warning(
                "There is no recovery key: if the \(status.isShared ? "database" : "data directory") is lost, the bot has a "
                    + "new identity and cannot read old messages; set encryption.recovery_key and run 'jetbridge matrix recovery-key'"
            )
        case .missing(let path) where status.isShared:
            return .warning(
                "The recovery key \(path) does not exist on this host; copy it from the host that has it, or make it there "
                    + "with 'jetbridge matrix recovery-key' and copy it to all hosts, then restart")
        case .missing(let path):
            return .warning(
                "The recovery key \(path) does not exist yet; run 'jetbridge matrix recovery-key', then restart")
        case .present(let path): return .ok("The recovery key is \(path)")
        case .malformed(let path):
            return .failed(
                "\(path) holds no recovery key: 48 letters and digits in groups of four; put back a copy of the right one"
            )
        case .wrong(let path):
            return .failed(
                "The recovery key \(path) does not open the account's secret storage; put the right one there, or stop "
                    + "\(self.hosts(status)) and run 'jetbridge matrix reset'")
        }
    }

    private static func backup(_ status: MatrixKeyStatus) -> AdapterFinding? {
        switch status.backup {
        case nil: return nil
        case .own(let version, 0): return .ok("All keys are in the backup (version \(version))")
        case .own(let version, let waiting):
            return .ok("Keys are backed up (version \(version)); \(waiting) wait\(waiting == 1 ? "s" : "") for it")
        // Without a recovery key there is none, which is said already.
        case .some(.none) where status.recoveryKey == .notConfigured: return nil
        case .some(.none):
            return .warning("Keys are not backed up; restart the host, which begins a backup")
        case .foreign(let version):
            return .warning(
                "The account's backup (version \(version)) was made with another recovery key, so keys are not backed up; "
                    + "put that key into the configured file, or stop \(self.hosts(status)) and run "
                    + "'jetbridge matrix reset'")
        }
    }

    // MARK: Keys

    private static func oneTimeKeys(_ status: MatrixKeyStatus) -> AdapterFinding? {
        status.oneTimeKeys.map { count in
            count > 0
                ? .ok("One-time keys on the server: \(count)")
                : .warning(
                    "The server has no one-time keys of the bot left; a running host makes new ones within a minute")
        }
    }

    private static func undecryptable(_ status: MatrixKeyStatus) -> AdapterFinding? {
        guard let count = status.undecryptable, count > 0 else { return nil }
        return .warning(
            "\(count == 1 ? "1 message waits" : "\(count) messages wait") for a key; whoever wrote it sends a new message, "
                + "or verifies the bot (docs/matrix.md)")
    }

    private static func changed(_ person: String) -> AdapterFinding {
        .warning(
            "The identity of \(person) has changed; an owner compares emoji ('verify \(person)' in a direct message), or "
                + "accepts it with 'verify trust \(person)'")
    }

    private static func clock(_ status: MatrixKeyStatus) -> AdapterFinding? {
        guard let ahead = status.clockAhead, abs(ahead) > Self.clockTolerance else { return nil }
        return .warning(
            "The machine's clock is \(abs(ahead)) s \(ahead > 0 ? "ahead of" : "behind") the homeserver's; let NTP set it, "
                + "or verifications expire at once")
    }
}
