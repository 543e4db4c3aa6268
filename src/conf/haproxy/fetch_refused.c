/* SPDX-License-Identifier: Apache-2.0 */
/* Sample fetches that are known and refused, by reason. */
#include "conf/haproxy/fetch.h"

/* clang-format off */
const struct refused_names haproxy_refused_fetches[] = {
    { "dst_conn so_id be_connect_timeout cur_connect_timeout cur_queue_timeout be_queue_timeout "
      "be_tarpit_timeout fe_tarpit_timeout cur_tarpit_timeout stopping prio_class prio_offset "
      "last_rule_file last_rule_line last_entity waiting_entity term_events bc_be_queue bc_srv_queue "
      "bc_glitches fc_glitches txn.id32 txn.conn_retries txn.redispatched txn.timer.tunnel "
      "res.timer.user bc_nb_streams bc_setting_streams_limit bc_rtt bc_rttvar bc_reused "
      "bc_settings_streams_limit fc_nb_streams fc_settings_streams_limit fc_streams_limit be_uuid "
      "uptime",
      "this number of the inside is not kept yet" },
    { "cpu_calls cpu_ns_avg cpu_ns_tot lat_ns_avg lat_ns_tot internal.htx.data internal.htx.free "
      "internal.htx.free_data internal.htx.has_eom internal.htx.nbblks internal.htx.size "
      "internal.htx.used internal.htx_blk.size internal.htx_blk.type internal.htx_blk.data "
      "internal.htx_blk.hdrname internal.htx_blk.hdrval internal.htx_blk.start_line "
      "internal.strm.is_htx srv_is_inherited bs.aborted bs.debug_str bs.id bs.rst_code fs.aborted "
      "fs.debug_str fs.id fs.rst_code",
      "it shows the inside of HAProxy" },
    { "bc_err bc_err_name bc_err_str fc_err fc_err_name fc_fackets fc_lost fc_reordering fc_retrans "
      "fc_rtt fc_rttvar fc_sacked fc_unacked fc_pp_authority fc_pp_unique_id fc_pp_tlv fc_src_is_local "
      "fc_dst_is_local dst_is_local src_is_local",
      "this detail of a connection is not kept yet" },
    { "req.hdrs_bin res.hdrs_bin req.cook_names res.cook_names url_ip url_port res.body res.body_len "
      "res.body_size set-cookie request.hdrs req.hdrs_cnt pathq_len",
      "it is not served yet" },
    { "req.ssl_ec_ext req.ssl_st_ext req.ssl_ver req_ssl_ver req.ssl_cipherlist req.ssl_sigalgs "
      "req.ssl_keyshare_groups req.ssl_supported_groups distcc_body distcc_param",
      "this part of the first bytes is not read yet" },
    { "fcgi.docroot fcgi.index",
      "FastCGI is not served yet" },
    { "res.cache_hit res.cache_name res.comp res.comp_algo",
      "caching and compression are not served yet" },
    { "sc_glitch_cnt sc_glitch_rate src_glitch_cnt src_glitch_rate sc0_glitch_cnt sc0_glitch_rate "
      "sc1_glitch_cnt sc1_glitch_rate sc2_glitch_cnt sc2_glitch_rate",
      "glitches are of HTTP/2 and HTTP/3" },
    { "ssl_bc_client_random ssl_bc_err ssl_bc_err_str ssl_bc_npn ssl_bc_unique_id ssl_bc_server_random "
      "ssl_bc_session_key ssl_bc_sni ssl_c_ca_err ssl_c_ca_err_depth ssl_c_chain_der "
      "ssl_c_r_dn ssl_c_san "
      "ssl_f_san "
      "ssl_fc_crtname ssl_bc_client_early_traffic_secret "
      "ssl_bc_client_handshake_traffic_secret ssl_bc_client_traffic_secret_0 "
      "ssl_bc_early_exporter_secret ssl_bc_exporter_secret ssl_bc_server_handshake_traffic_secret "
      "ssl_bc_server_traffic_secret_0 ssl_fc_cipherlist_bin ssl_fc_cipherlist_hex ssl_fc_cipherlist_str "
      "ssl_fc_cipherlist_xxh ssl_fc_client_early_traffic_secret ssl_fc_client_handshake_traffic_secret "
      "ssl_fc_client_random ssl_fc_client_traffic_secret_0 ssl_fc_early_exporter_secret "
      "ssl_fc_early_rcvd ssl_fc_ecformats_bin ssl_fc_eclist_bin ssl_fc_err ssl_fc_err_str "
      "ssl_fc_exporter_secret ssl_fc_extlist_bin ssl_fc_has_early ssl_fc_npn ssl_fc_protocol_hello_id "
      "ssl_fc_server_handshake_traffic_secret ssl_fc_server_random ssl_fc_server_traffic_secret_0 "
      "ssl_fc_session_key ssl_fc_sigalgs_bin ssl_fc_supported_versions_bin ssl_fc_unique_id "
      "ssl_s_chain_der ssl_s_der ssl_s_i_dn ssl_s_key_alg ssl_s_notafter ssl_s_notbefore ssl_s_s_dn "
      "ssl_s_serial ssl_s_sha1 ssl_s_sig_alg ssl_s_version",
      "this detail of TLS is not kept yet" },
    { "51d.all da-csv-fetch wurfl-get wurfl-get-all",
      "device detection is not built in" },
    { NULL, NULL },
};
/* clang-format on */
