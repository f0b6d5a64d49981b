-- Argo CD's health of a FlameCluster, from the conditions that kubectl wait and Flux look at.
local health = {status = "Progressing", message = "Waiting for the operator"}
if obj.status == nil or obj.status.conditions == nil then
  return health
end
-- A status about an older spec says nothing about this one.
if obj.status.observedGeneration ~= nil and obj.status.observedGeneration < obj.metadata.generation then
  return health
end
local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
health.message = obj.status.message
if conditions.Stalled ~= nil and conditions.Stalled.status == "True" then
  health.status = "Degraded"
elseif conditions.Ready ~= nil and conditions.Ready.status == "True" then
  health.status = "Healthy"
elseif conditions.Ready ~= nil and (conditions.Ready.reason == "Suspended" or conditions.Ready.reason == "Paused") then
  health.status = "Suspended"
end
return health
