internal import Chat
internal import Models
package import Sessions

extension ModelDirectory {
    /// What the worker's client and catalog say of models and their quota.
    package init(_ worker: AgentWorker) {
        let (client, catalog) = (worker.model, worker.catalog)
        self.init(
            defaultModel: client.defaultModel, provider: client.provider,
            quota: { try await client.quota().map { ModelAllowances($0) } },
            list: {
                try await catalog.models().map { model in
                    ModelChoice(
                        id: model.id, detail: model.detail, name: model.name, inputLimit: model.inputLimit,
                        outputLimit: model.outputLimit, tokenizer: model.tokenizer, version: model.version,
                        vendor: model.vendor, multiplier: model.multiplier, isPreview: model.isPreview)
                }
            })
    }
}

extension ModelAllowances {
    fileprivate init(_ quota: ModelQuota) {
        self.init(
            plan: quota.plan, resetDate: quota.resetDate,
            items: quota.allowances.map { allowance in
                Item(
                    id: allowance.id, name: allowance.name, entitlement: allowance.entitlement,
                    remaining: allowance.remaining, percentRemaining: allowance.percentRemaining,
                    isUnlimited: allowance.isUnlimited)
            }, lines: quota.lines)
    }
}
