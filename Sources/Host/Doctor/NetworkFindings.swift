internal import Chat

/// What `doctor` tells of the networks.
struct NetworkFindings {
    private let configuration: Configuration
    private let directory: DataDirectory
    /// How long each network may take.
    private let patience: Duration

    init(_ configuration: Configuration, in directory: DataDirectory, patience: Duration) {
        self.configuration = configuration
        self.directory = directory
        self.patience = patience
    }

    /// Reports each finding as soon as it is there.
    func examine(report: @Sendable (Finding) async throws -> Void) async throws {
        let parts = NetworkParts(self.configuration, for: .looking(self.directory)).all()
        guard !parts.isEmpty else { return }
        let serving = await self.serving()
        if case .unanswered(let reason) = serving {
            try await report(Finding("host", .warning, reason))
        }
        for part in parts {
            let findings: [Finding]
            if let adapter = part.adapter as? any DiagnosingAdapter {
                // Asks beside a host that serves; a second connection would take its messages.
                findings = await self.diagnosed(adapter)
            } else {
                findings = [await self.connected(part.adapter)]
            }
            for finding in findings { try await report(finding) }
            if case .answered(let pid, let states) = serving, let state = states[part.adapter.id.rawValue] {
                try await report(Self.finding(state, of: part.adapter.id, pid: pid))
            }
        }
    }

    // MARK: What the platform says

    private func diagnosed(_ adapter: any DiagnosingAdapter) async -> [Finding] {
        let subject = adapter.id.rawValue
        let findings = await self.patiently { await adapter.diagnose() }
        await adapter.stop()
        guard let findings else {
            return [Finding(subject, .failed, "no answer within \(self.patience); look at the network between")]
        }
        return findings.map { finding in
            let state: Finding.State =
                switch finding.severity {
                case .ok: .ok
                case .warning: .warning
                case .failed: .failed
                }
            return Finding(subject, state, finding.text)
        }
    }

    // MARK: Whether a connection can be made

    private func connected(_ adapter: any ChatAdapter) async -> Finding {
        let probe = ConnectionProbe()
        let status = await withTaskGroup(of: AdapterStatus?.self) { group in
            group.addTask(name: "connection") {
                try? await adapter.run(delivering: probe)
                return nil
            }
            group.addTask(name: "verdict") { await probe.verdict() }
            group.addTask(name: "patience") {
                try? await Task.sleep(for: self.patience)
                return nil
            }
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

    // MARK: What the host says that serves

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
        let states = await self.patiently { await ServingHost(address: address).adapters() }
        guard let states = states ?? nil else {
            return .unanswered("the host with pid \(pid) does not answer at \(address); look at its log")
        }
        return .answered(pid: pid, states: states)
    }

    private static func finding(_ state: ServingHost.AdapterState, of adapter: AdapterID, pid: Int32) -> Finding {
        let host = "the host with pid \(pid) that serves this directory"
        let detail = state.detail.map { ": \($0)" } ?? ""
        let subject = adapter.rawValue
        switch state.state {
        case .up: return Finding(subject, .ok, "\(host) is connected since \(state.since)")
        case .connecting: return Finding(subject, .warning, "\(host) is connecting since \(state.since)\(detail)")
        case .down, .refused: return Finding(subject, .failed, "\(host) is not connected since \(state.since)\(detail)")
        }
    }

    // MARK: Patience

    /// The result of `body`; nil where it takes too long.
    private func patiently<T: Sendable>(_ body: @escaping @Sendable () async -> T) async -> T? {
        await withTaskGroup(of: T?.self) { group in
            group.addTask(name: "question") { await body() }
            group.addTask(name: "patience") {
                try? await Task.sleep(for: self.patience)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
