internal import Models
package import Sessions

extension ModelDirectory {
    /// What the worker's client and catalog say of models and their quota.
    package init(_ worker: AgentWorker) {
        let (client, catalog) = (worker.model, worker.catalog)
        self.init(
            defaultModel: client.defaultModel, provider: client.provider, quota: { try await client.quota() },
            list: { try await catalog.models() })
    }
}
