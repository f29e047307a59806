package import Jail
package import Work

extension Configuration {
    package struct Jail: Sendable, Equatable {
        // Change: a jail's limits
        /// What the commands of one session may use; sizes are in bytes. A repository may have its own.
        package struct Limits: Sendable, Equatable {
            package var memory = 512 << 20
            /// Of each jail.
            package var processes = 64
            package var fileSize = 64 << 20
            /// Of each process.
            package var openFiles = 1_024
            /// In processors: 1 is one whole processor.
            package var processorShare = 1.0
            /// For stdout and stderr together.
            package var output = 1 << 20
            package var timeout = Duration.seconds(120)
            package var workspaceQuota = 1 << 30
            /// Files and folders of a workspace.
            package var workspaceFiles = 200_000

            /// - Parameter standard: For keys that are missing.
            init(_ section: Section, standard: Limits? = nil) {
                if let standard { self = standard }
                self.memory = section.size("memory", default: self.memory, atLeast: 1 << 20)
                self.processes = section.read("processes", default: self.processes) { $0.integer(in: 1...65_536) }
                self.fileSize = section.size("file_size", default: self.fileSize)
                self.openFiles = section.read("open_files", default: self.openFiles) { $0.integer(in: 16...1_048_576) }
                self.processorShare = section.read("processor_share", default: self.processorShare) {
                    $0.number(in: 0.01...1_024)
                }
                self.output = section.size("output", default: self.output)
                self.timeout = section.read("timeout", default: self.timeout) { $0.duration(from: .milliseconds(100)) }
                self.workspaceQuota = section.size("workspace_quota", default: self.workspaceQuota, atLeast: 1 << 20)
                self.workspaceFiles = section.read("workspace_files", default: self.workspaceFiles) {
                    $0.integer(in: 100...10_000_000)
                }
            }

            /// What one jail may use.
            package var ofJail: JailLimits {
                JailLimits(
                    memory: self.memory, processes: self.processes, fileSize: self.fileSize, openFiles: self.openFiles,
                    processors: self.processorShare, disk: self.workspaceQuota, files: self.workspaceFiles)
            }
        }

        package struct Network: Sendable, Equatable {
            package enum Mode: String, Sendable, CaseIterable { case none, allowlist }
            package var mode: Mode
            /// `NAME:PORT`, or `*.NAME:PORT` for subdomains only; in lower case.
            package var allow: [String]

            init(_ section: Section) {
                self.mode = section.read("mode", default: .none) { $0.choice() }
                self.allow = section.list("allow") { $0.networkEntry() } ?? []
                if self.mode == .none, !self.allow.isEmpty {
                    section.error("'allow' has no effect with mode: none; set mode: allowlist")
                }
            }
        }

        package var limits: Limits
        /// A jail without a command for this long is ended.
        package var idleTimeout: Duration
        /// Live jails of one person.
        package var perUser: Int
        /// Live jails of the host.
        package var perHost: Int
        package var network: Network
        /// As root: the first of the users that jails run as; nil for the default.
        package var firstUser: UInt32?

        init(_ section: Section) {
            self.limits = Limits(section)
            self.idleTimeout = section.read("idle_timeout", default: .seconds(1_800)) { $0.duration(from: .seconds(1)) }
            self.perUser = section.read("per_user", default: 4) { $0.integer(in: 1...500) }
            self.perHost = section.read("per_host", default: 32) { $0.integer(in: 1...500) }
            if self.perUser > self.perHost, section.has("per_user"), section.has("per_host") {
                section.error("per_user is more than per_host; one person cannot have more jails than the host")
            }
            self.network = section.section("network") { Network($0) }
            self.firstUser = section.optional("first_uid") { $0.integer(in: 1_000...4_294_957_294) }.map { UInt32($0) }
        }
    }

    /// A value that follows from the limits of commands, which a repository's workspaces may have of their own.
    package func perRepository<Value>(_ value: (Jail.Limits) -> Value) -> PerRepository<Value> {
        let own = self.repositories.compactMap { repository in repository.jail.map { (repository.name, value($0)) } }
        return PerRepository(
            value(self.jail.limits), own: Dictionary(own) { first, _ in first }, default: self.defaultRepository)
    }
}
