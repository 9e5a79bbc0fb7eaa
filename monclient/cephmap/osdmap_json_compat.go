package cephmap

// Releases that no OSD map is written by any more.
const (
	releaseArgonaut Release = 1
	releaseDumpling Release = 4
	releaseFirefly  Release = 6
	releaseHammer   Release = 8
	releaseJewel    Release = 10
	releaseLuminous Release = 12
)

// minCompatClient returns the oldest release whose clients can use the map (OSDMap::get_features and
// get_min_compat_client in src/osd/OSDMap.cc, as of 18.2.7 and 20.2).
func (m *OSDMap) minCompatClient(crush *crushOutline) Release {
	oldest := releaseArgonaut
	ask := func(wanted bool, release Release) {
		if wanted {
			oldest = max(oldest, release)
		}
	}
	t := &crush.tunables
	ask(t.descendOnce != 0, releaseDumpling)
	ask(t.varyR != 0, releaseFirefly)
	ask(crush.straw2, releaseHammer)
	ask(t.stable != 0, releaseJewel)
	ask(crush.chooseArgs, releaseLuminous)
	ask(t.msrDescents != crushMSRDefault || t.msrCollisionTries != crushMSRDefault, ReleaseSquid)
	for _, rule := range crush.rules {
		ask(rule.msr, ReleaseSquid) // whether a pool has it or not, unlike the others
	}
	for _, e := range m.Pools {
		p := e.Value
		ask(p.Flags.Has(PoolHashPSPool), releaseDumpling)
		ask(len(p.Tiers) > 0 || p.TierOf >= 0, releaseFirefly)
		if int(p.CRUSHRule) < len(crush.rules) {
			rule := crush.rules[p.CRUSHRule]
			ask(rule.varyR, releaseFirefly)
			ask(rule.stable, releaseJewel)
		}
	}
	for _, a := range m.PrimaryAffinity {
		ask(a != OSDWeightIn, releaseFirefly)
	}
	ask(m.PGUpmap.Len()+m.PGUpmapItems.Len() > 0, releaseLuminous)
	ask(m.PGUpmapPrimaries.Len() > 0, ReleaseReef)
	return oldest
}
