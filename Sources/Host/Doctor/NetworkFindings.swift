package import Chat
internal import Database
internal import Delivery
internal import Lifecycle
internal import Matrix
internal import Primitives
internal import Store

/// The doctor's checks of the networks.
struct NetworkFindings {
    let configuration: Configuration
    let directory: DataDirectory
    /// The time limit of each network.
    let patience: Duration

    /// Reports each finding as soon as it is known.
    func examine(report: @Sendable (Finding) async throws -> Void) async throws {
        // Nothing of it is written. A store that does not open has a finding of its own.
        let shared = try? NetworkSetup.SharedMemory(self.configuration, held: HeldPlaces(hasAll: false))
        let setup = NetworkSetup(
            configuration: self.configuration, directory: self.directory, shared: shared, access: nil)
        try await self.examine(setup, report)
        await shared?.store.database.close()
    }

    private func examine(_ setup: NetworkSetup, _ report: @Sendable (Finding) async throws -> Void) async throws {
        let networks = setup.all()
        guard !networks.isEmpty else { return }
        let serving = await self.serving()
        if case .unanswered(let reason) = serving {
            try await report(Finding("host", .warning, reason))
        }
        for network in networks {
            let findings: [Finding]
            if let adapter = network.adapter as? any DiagnosingAdapter {
                // Only asks the platform: a second connection would take a serving host's messages.
                findings = await self.diagnosed(adapter)
            } else {
                findings = [await self.connected(network.adapter)]
            }
            for finding in findings { try await report(finding) }
            for finding in await self.keys(of: network.adapter.id, setup) { try await report(finding) }
            if case .answered(let pid, let states) = serving, let state = states[network.adapter.id.rawValue] {
                try await report(Self.finding(state, of: network.adapter.id, pid: pid))
            }
        }
    }

    // MARK: The platform's answer

    private func diagnosed(_ adapter: any DiagnosingAdapter) async -> [Finding] {
        let subject = adapter.id.rawValue
        let findings = await withDeadline(self.patience) { await adapter.diagnose() }
        await adapter.stop()
        guard let findings else {
            return [Finding(subject, .failed, "no answer within \(self.patience); check the network connection")]
        }
        return findings.map { Finding(subject, Finding.State($0.severity), $0.text) }
    }

    // MARK: Encryption keys

    private func keys(of adapter: AdapterID, _ setup: NetworkSetup) async -> [Finding] {
        let subject = adapter.rawValue
        guard let settings = self.configuration.adapters.matrix.first(where: { "matrix:\($0.id)" == subject }) else {
            return []
        }
        let keys = setup.matrixKeys(of: settings)
        guard let status = await withDeadline(self.patience, { await keys.status() }) else { return [] }
        return MatrixKeyFindings.findings(of: status).map { Finding(subject, Finding.State($0.severity), $0.text) }
    }

    // MARK: A connection

    private func connected(_ adapter: any ChatAdapter) async -> Finding {
        let probe = ConnectionProbe()
        let status = await withTaskGroup(of: AdapterStatus?.self) { group in
            group.addTask(name: "connection") {
                try? await adapter.run(delivering: probe)
                return nil
            }
            group.addTask(name: "verdict") { await withDeadline(self.patience) { await probe.verdict() } ?? nil }
            let first = await group.next() ?? nil
            await adapter.stop()
            group.cancelAll()
            return first ?? adapter.status
        }
        switch status.state {
        case .up: return Finding(adapter.id.rawValue, .ok, status.detail ?? "connected")
        case .refused, .down, .connecting:
            return Finding(adapter.id.rawValue, .failed, status.detail ?? "no connection within \(self.patience)")
        }
    }

    // MARK: The serving host

    private enum Serving {
        case nobody
        case unanswered(String)
        case answered(pid: Int32, states: [String: ServingHost.AdapterState])
    }

    private func serving() async -> Serving {
        guard let pid = self.directory.servingHost else { return .nobody }
        guard let address = self.directory.read("gateway.address"), !address.isEmpty else {
            return .unanswered("the host with pid \(pid) is starting or stopping; run doctor again in a moment")
        }
        let states = await withDeadline(self.patience) { await ServingHost(address: address).adapters() }
        guard let states = states ?? nil else {
            return .unanswered("the host with pid \(pid) does not answer at \(address); see its log")
        }
        return .answered(pid: pid, states: states)
    }

    private static func finding(_ state: ServingHost.AdapterState, of adapter: AdapterID, pid: Int32) -> Finding {
        let host = "the host serving this directory (pid \(pid))"
        let detail = state.detail.map { ": \($0)" } ?? ""
        let subject = adapter.rawValue
        switch state.state {
        case .up: return Finding(subject, .ok, "\(host) has been connected since \(state.since)")
        case .connecting: return Finding(subject, .warning, "\(host) has been connecting since \(state.since)\(detail)")
        case .down, .refused:
            return Finding(subject, .failed, "\(host) has been disconnected since \(state.since)\(detail)")
        }
    }
}

/// A sink that ignores events and waits for the first conclusive status of a connection.
final class ConnectionProbe: MessageSink {
    private let status = Protected<AdapterStatus?>(nil)
    private let decided = Signal()

    func deliver(_ event: InboundEvent) async throws -> Delivery { .ignored("probe") }

    func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async {
        // A failed connection retries, but the doctor reports the reason for the first failure.
        guard status.state == .up || status.state == .refused || status.state == .down && status.detail != nil else {
            return
        }
        self.status.withLock { $0 = $0 ?? status }
        self.decided.signal()
    }

    /// Nil only when the task is cancelled first. One task may wait.
    func verdict() async -> AdapterStatus? {
        await self.decided.wait()
        return self.status.withLock { $0 }
    }
}

extension Finding.State {
    package init(_ severity: AdapterFinding.Severity) {
        self =
            switch severity {
            case .ok: .ok
            case .warning: .warning
            case .failed: .failed
            }
    }
}
