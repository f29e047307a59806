import Chat
import TestSupport
import Testing

@testable import Matrix

@Suite("Matrix: what is said of a connection's encryption")
struct MatrixKeyFindingsTests {
    private static func status(
        _ settings: MatrixEncryptionSettings = MatrixEncryptionSettings(recoveryKeyFile: "/etc/key"),
        _ change: (inout MatrixKeyStatus) -> Void = { _ in }
    ) -> MatrixKeyStatus {
        var status = MatrixKeyStatus(
            settings: settings, recoveryKey: .present(path: "/etc/key"), database: "/data/matrix-home.keys",
            hasDatabase: true)
        status.device = "JETBRIDGE"
        status.fingerprint = "abcdefghij"
        status.isSigned = true
        status.backup = .own(version: "3", waiting: 0)
        status.oneTimeKeys = 50
        status.undecryptable = 0
        status.clockAhead = 2
        change(&status)
        return status
    }

    /// The findings that are not those of a connection in order.
    private static func news(_ change: (inout MatrixKeyStatus) -> Void) -> [AdapterFinding] {
        let usual = MatrixKeyFindings.findings(of: self.status())
        return MatrixKeyFindings.findings(
            of: self.status(MatrixEncryptionSettings(recoveryKeyFile: "/etc/key"), change)
        )
        .filter { !usual.contains($0) }
    }

    @Test("a connection in order has only good news")
    func good() {
        let findings = MatrixKeyFindings.findings(of: Self.status())
        expectEqual(
            findings.map(\.text),
            [
                "Device JETBRIDGE, fingerprint abcd efgh ij", "The device is signed by the account's identity",
                "Trust any: every device of the people in a room can read the bot's messages and be answered",
                "The recovery key is /etc/key", "All keys are in the backup (version 3)",
                "One-time keys on the server: 50",
            ])
        #expect(findings.allSatisfy { $0.severity == .ok })
    }

    @Test("each trust is named")
    func trust() {
        for trust in MatrixEncryptionSettings.Trust.allCases {
            let findings = MatrixKeyFindings.findings(of: Self.status(MatrixEncryptionSettings(trust: trust)))
            #expect(findings.contains { $0.text.hasPrefix("Trust \(trust.rawValue): ") })
        }
    }

    @Test("what makes encrypted rooms unusable is a failure")
    func failures() {
        let unsigned = Self.news { $0.isSigned = false }
        #expect(unsigned.map(\.severity) == [.failed] && unsigned[0].text.contains("jetbridge matrix reset"))
        let wrong = Self.news { $0.recoveryKey = .wrong(path: "/etc/key") }
        #expect(
            wrong.map(\.severity) == [.failed] && wrong[0].text.contains("does not open the account's secret storage"))
        let malformed = Self.news { $0.recoveryKey = .malformed(path: "/etc/key") }
        #expect(malformed.map(\.severity) == [.failed] && malformed[0].text.contains("48 letters and digits"))
    }

    @Test("what will be missed one day, or works only in part, is a warning")
    func warnings() {
        let warnings: [(String, (inout MatrixKeyStatus) -> Void)] = [
            ("There are no encryption keys at /data/matrix-home.keys", { $0.hasDatabase = false }),
            (
                "/etc/key does not exist yet; run 'jetbridge matrix recovery-key'",
                { $0.recoveryKey = .missing(path: "/etc/key") }
            ),
            ("Keys are not backed up", { $0.backup = MatrixKeyStatus.Backup.none }),
            ("(version 9) was made with another recovery key", { $0.backup = .foreign(version: "9") }),
            ("The server has no one-time keys", { $0.oneTimeKeys = 0 }),
            ("1 message waits for a key", { $0.undecryptable = 1 }), ("7 messages wait", { $0.undecryptable = 7 }),
            ("clock is 61 s ahead of the homeserver's", { $0.clockAhead = 61 }),
            ("clock is 90 s behind", { $0.clockAhead = -90 }),
            ("The identity of @bob:x has changed", { $0.changedPeople = ["@bob:x"] }),
            ("The server does not answer", { $0.problem = "The server does not answer; run it again" }),
        ]
        for (text, change) in warnings {
            let news = Self.news(change)
            expectEqual(news.map(\.severity), [.warning], "\(text)")
            expectEqual(news.first?.text.contains(text), true, "\(news)")
        }
        expectEqual(
            Self.news { $0.backup = .own(version: "3", waiting: 1) }.map(\.text),
            [
                "Keys are backed up (version 3); 1 waits for it"
            ])
    }

    @Test("without a recovery key one line says so, and none about the backup that needs it")
    func noRecoveryKey() {
        let news = Self.news {
            $0.recoveryKey = .notConfigured
            $0.backup = MatrixKeyStatus.Backup.none
        }
        #expect(news.map(\.severity) == [.warning] && news[0].text.hasPrefix("There is no recovery key: "))
    }

    @Test("what is unknown is left out, and a connection without encryption has one line")
    func unknown() {
        let empty = MatrixKeyStatus(
            settings: MatrixEncryptionSettings(), recoveryKey: .notConfigured, database: "/k", hasDatabase: true)
        expectEqual(MatrixKeyFindings.findings(of: empty).count, 2)
        let off = MatrixKeyFindings.findings(of: Self.status(MatrixEncryptionSettings(isEnabled: false)))
        #expect(off.map(\.severity) == [.ok] && off[0].text.hasPrefix("Encryption is off"))
    }
}
