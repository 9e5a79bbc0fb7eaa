package osdmap

// The commands, each after the first release that has it. Pool 1 may be the manager's.

// pools has pools of all kinds and snapshots.
const pools = `
P: osd set-require-min-compat-client luminous --yes-i-really-mean-it
P: osd erasure-code-profile set p21 k=2 m=1 crush-failure-domain=osd
P: osd erasure-code-profile set gone k=2 m=2
T: osd erasure-code-profile set msr k=2 m=1 crush-failure-domain=host crush-osds-per-failure-domain=3 crush-num-failure-domains=1
P: osd erasure-code-profile rm gone
P: osd erasure-code-profile set other k=2 m=1 crush-failure-domain=osd
P: osd erasure-code-profile set other k=3 m=1 crush-failure-domain=osd --force --yes-i-really-mean-it
P: osd pool create rep 4 4 replicated
P: osd pool create ec 4 4 erasure p21
P: osd pool create doomed 2
P: osd pool rename doomed renamed
P: osd pool application enable rep rbd
P: osd pool application set rep rbd key value
P: osd pool application rm rep rbd key
P: osd pool application set rep rbd key other
P: osd pool application enable rep other --yes-i-really-mean-it
P: osd pool application enable rep none --yes-i-really-mean-it
P: osd pool application disable rep none --yes-i-really-mean-it
P: osd pool set rep compression_mode aggressive
P: osd pool set rep compression_algorithm zstd
P: osd pool set rep compression_required_ratio 0.7
P: osd pool set rep scrub_min_interval 3600
P: osd pool set rep recovery_priority 3
P: osd pool set rep csum_type crc32c
P: osd pool set rep pg_autoscale_bias 2.5
P: osd pool set rep target_size_ratio 0.25
P: osd pool set rep pg_num_min 2
P: osd pool set rep nodelete 1
P: osd pool set rep nopgchange 1
P: osd pool set rep nopgchange 0
P: osd pool set rep compression_max_blob_size 65536
P: osd pool set rep compression_max_blob_size 0
P: osd pool set rep pg_num 8
P: osd pool set ec fast_read 1
P: osd pool set-quota rep max_bytes 1000000000
P: osd pool set-quota rep max_objects 100000
P: osd pool set-quota ec max_objects 5
P: osd pool set-quota ec max_objects 0
P: osd pool set rep min_size 1
P: osd pool mksnap rep first
P: osd pool mksnap rep second
P: osd pool mksnap rep third
P: osd pool rmsnap rep second
P: osd pool create cache 2
P: osd tier add rep cache
P: osd tier cache-mode cache writeback
P: osd tier set-overlay rep cache
P: osd pool set cache hit_set_type bloom
P: osd pool set cache hit_set_count 4
P: osd pool set cache hit_set_period 1200
P: osd pool set cache hit_set_fpp 0.01
P: osd pool set cache hit_set_grade_decay_rate 20
P: osd pool set cache target_max_bytes 100000000
P: osd pool set cache cache_target_dirty_ratio 0.3
P: osd pool set cache min_read_recency_for_promote 2
P: osd pool create shade 2
P: osd tier add renamed shade
P: osd tier cache-mode shade readproxy
P: osd tier set-overlay renamed shade
P: osd tier remove-overlay renamed
P: osd tier remove renamed shade
P: osd pool create own 2
R: osd set-require-min-compat-client reef --yes-i-really-mean-it
T: osd set-require-min-compat-client squid --yes-i-really-mean-it
`

// busy has blocklists, flags, and OSDs that come and go.
const busy = `
P: osd down 2
P: osd set noout
P: osd pause
P: osd unpause
P: osd set noscrub
P: osd unset noscrub
P: osd set-group noup,noin osd.0
P: osd unset-group noup osd.0
P: osd crush add-bucket shelf rack
P: osd set-group noout,noin shelf
P: osd unset-group noin shelf
P: osd crush add-bucket drawer rack
P: osd crush rm drawer
P: osd crush rule create-replicated aside default osd
P: osd crush rule rm aside
P: osd crush set-tunable straw_calc_version 1
P: osd crush set-device-class quick osd.5
P: osd crush rm-device-class osd.0
P: osd crush set-device-class quick osd.0
P: osd set-group nodown,noin quick
P: osd unset-group noin quick
P: osd blocklist add 10.1.2.5:0/5 3600
P: osd blocklist clear
P: osd blocklist add 10.1.2.3:0/1234 3600
P: osd blocklist add 10.1.2.3:0/1234 7200
P: osd blocklist add 10.1.2.3:6800/77 3600
P: osd blocklist add [fe80::1]:0/9 3600
P: osd blocklist add 10.1.2.4:0/5 3600
P: osd blocklist rm 10.1.2.4:0/5
R: osd blocklist range add 10.9.0.0/16 3600
R: osd blocklist range add 10.9.0.0/16 7200
R: osd blocklist range add 10.8.0.0/24 3600
R: osd blocklist range rm 10.8.0.0/24
P: osd primary-affinity osd.0 0.5
P: osd reweight 1 0.8
P: osd crush reweight osd.0 2
P: osd set-nearfull-ratio 0.84
P: osd set-backfillfull-ratio 0.89
P: osd set-full-ratio 0.94
P: osd out 1
P: osd in 1
P: osd new 0a0b0c0d-0000-4000-8000-000000000001
P: osd new 0a0b0c0d-0000-4000-8000-000000000002
P: osd setmaxosd 7
P: osd destroy-actual 3 --yes-i-really-mean-it
P: osd purge-actual 4 --yes-i-really-mean-it
P: osd lost 3 --yes-i-really-mean-it
P: osd setmaxosd 5
`

// late is the rest.
const late = `
P: osd pool delete renamed renamed --yes-i-really-really-mean-it
R: osd pool set rep bulk true
T: osd pool create spread 2 2 erasure msr
P: osd crush weight-set create-compat
P: osd crush weight-set create cache flat
R: osd set-allow-crimson --yes-i-really-mean-it
`

// stretch is what makes a cluster of two sites and a tiebreaker.
const stretch = `
P: osd pool create rep 4 4 replicated
P: mon set election_strategy connectivity
P: osd crush add-bucket east datacenter
P: osd crush add-bucket west datacenter
P: osd crush move east root=default
P: osd crush move west root=default
P: osd crush create-or-move osd.0 1 datacenter=east root=default
P: osd crush create-or-move osd.1 1 datacenter=west root=default
P: mon set_location a datacenter=east
P: mon set_location b datacenter=west
P: mon set_location c datacenter=south
P: osd crush rule create-replicated sites default datacenter
P: mon enable_stretch_mode c sites datacenter
`
