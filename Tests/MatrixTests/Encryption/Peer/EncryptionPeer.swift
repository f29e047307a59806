import HTTP
import JSON
import Lifecycle
import Processes
import TestSupport
import Testing

/// The library of the other side.
enum EncryptionPeer: String, CaseIterable, CustomTestStringConvertible {
    /// matrix-nio, on vodozemac.
    case nio
    /// mautrix-python, on libolm.
    case mautrix

    var testDescription: String { self.rawValue }

    private static let folder = "TestSupport/Servers/Matrix/clients/"

    /// A person's device; each run of jobs continues with its keys.
    struct Person {
        let peer: EncryptionPeer
        let synapse: Synapse
        let account: MatrixAccount
        let guest: MatrixAccount
        let directory: TemporaryDirectory

        /// Runs jobs; returns what they print.
        @discardableResult
        func run(_ jobs: [String], with bot: MatrixAccount) async throws -> String {
            let result = try await PythonClients.encryption.run(
                script: EncryptionPeer.folder + "jobs.py",
                [
                    self.peer.rawValue, self.synapse.url.origin, self.account.userID, self.account.password, bot.userID,
                    self.directory.path,
                ] + jobs,
                environment: [
                    "PYTHONWARNINGS": "ignore", "GUEST": "\(self.guest.userID) \(self.guest.password)", "CONFIRMS": "1",
                ])
            #expect(result.text.hasSuffix("done\n"), "\(result.text)\(result.errorText)")
            return result.text
        }

        /// What was said in the last run; see `jobs.py`.
        var said: JSON {
            get throws { try self.read("said.json") }
        }

        /// The room and the event of the job `alone`.
        var kept: (room: String, event: String) {
            get throws {
                let kept = try self.read("room.json")
                return (kept["room"]?.stringValue ?? "", kept["event"]?.stringValue ?? "")
            }
        }

        private func read(_ name: String) throws -> JSON {
            let file = try #require(PrivateFile.read("\(self.directory.path)/\(name)", limit: 64 << 20))
            return try JSON.parse(file.bytes)
        }
    }

    func person(on synapse: Synapse) async throws -> Person {
        Person(
            peer: self, synapse: synapse, account: try await synapse.newAccount("person"),
            guest: try await synapse.newAccount("guest"), directory: try TemporaryDirectory())
    }

    /// The line of an output that begins with `name: `, without that.
    static func line(_ name: String, of output: String) throws -> String {
        let lines = output.split(separator: "\n").filter { $0.hasPrefix("\(name): ") }
        return String(try #require(lines.last, "no line \(name) in \(output)").dropFirst(name.count + 2))
    }

    /// Another client of the bot's owner looks at the bot's account; see `account.py`.
    static func account(_ arguments: [String], of bot: MatrixAccount, on synapse: Synapse) async throws -> String {
        let directory = try TemporaryDirectory()
        let what = arguments.first ?? ""
        let result = try await PythonClients.encryption.run(
            script: Self.folder + "account.py",
            [what, synapse.url.origin, bot.userID, bot.password, directory.path] + arguments.dropFirst(),
            environment: ["PYTHONWARNINGS": "ignore"])
        #expect(result.text.hasSuffix("done\n"), "\(result.text)\(result.errorText)")
        return result.text
    }
}
